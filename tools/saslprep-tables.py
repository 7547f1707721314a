"""Prints packages/wire/src/scram/rfc3454-tables.ts: the tables of RFC 3454 that SASLprep (RFC 4013) uses, as
Python's standard library has them. They are of Unicode 3.2 and will never change.

    python3 tools/saslprep-tables.py > packages/wire/src/scram/rfc3454-tables.ts
"""

import stringprep
import textwrap

TABLES = [
    ("UNASSIGNED", "A.1: unassigned code points in Unicode 3.2", stringprep.in_table_a1),
    ("MAPPED_TO_NOTHING", "B.1: commonly mapped to nothing", stringprep.in_table_b1),
    ("NON_ASCII_SPACE", "C.1.2: non-ASCII space characters", stringprep.in_table_c12),
    ("ASCII_CONTROL", "C.2.1: ASCII control characters", stringprep.in_table_c21),
    ("NON_ASCII_CONTROL", "C.2.2: non-ASCII control characters", stringprep.in_table_c22),
    ("PRIVATE_USE", "C.3: private use", stringprep.in_table_c3),
    ("NON_CHARACTER", "C.4: non-character code points", stringprep.in_table_c4),
    ("SURROGATE", "C.5: surrogate codes", stringprep.in_table_c5),
    ("INAPPROPRIATE_FOR_PLAIN_TEXT", "C.6: inappropriate for plain text", stringprep.in_table_c6),
    (
        "INAPPROPRIATE_FOR_CANONICAL_REPRESENTATION",
        "C.7: inappropriate for canonical representation",
        stringprep.in_table_c7,
    ),
    (
        "CHANGE_DISPLAY_OR_DEPRECATED",
        "C.8: change display properties or are deprecated",
        stringprep.in_table_c8,
    ),
    ("TAGGING", "C.9: tagging characters", stringprep.in_table_c9),
    ("R_AND_AL", 'D.1: characters with bidirectional property "R" or "AL"', stringprep.in_table_d1),
    ("LEFT_TO_RIGHT", 'D.2: characters with bidirectional property "L"', stringprep.in_table_d2),
]


def ranges(contains):
    """The code points of a table as `FIRST` or `FIRST-LAST`, in hexadecimal."""
    first = None
    for code in range(0x110001):
        inside = code < 0x110000 and contains(chr(code))
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            yield f"{first:04X}" if first == code - 1 else f"{first:04X}-{code - 1:04X}"
            first = None


print("""\
// Made by tools/saslprep-tables.py. Do not edit.

/**
 * The tables of RFC 3454 that SASLprep (RFC 4013, section 2) uses: code points and ranges, both ends included, in
 * hexadecimal and in order.
 */
""")
for number, (name, title, contains) in enumerate(TABLES):
    if number > 0:
        print()
    text = " ".join(ranges(contains))
    print(f"/** {title}. */")
    one_line = f'export const {name} = "{text}";'
    if len(one_line) <= 110:
        print(one_line)
        continue
    print(f"export const {name} = `")
    print(textwrap.fill(text, 110, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False))
    print("`;")
