import { wholeKinds } from "./files.ts";
import type { WholeFindingId } from "./files.ts";
import { formKinds } from "./forms.ts";
import type { FormFindingId } from "./forms.ts";
import type { FindingKind } from "./kind.ts";
import { methodKinds } from "./methods.ts";
import type { MethodFindingId } from "./methods.ts";

export type { FindingKind, FindingSeverity } from "./kind.ts";

/** The names of what is found in the two files by themselves. They never change; docs/check.md has the same tables. */
export type FileFindingId = FormFindingId | MethodFindingId | WholeFindingId;

export const fileFindingKinds: Readonly<Record<FileFindingId, FindingKind>> = {
  ...formKinds,
  ...methodKinds,
  ...wholeKinds,
};
