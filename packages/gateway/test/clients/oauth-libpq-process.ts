// A client with libpq 18 that has a token ready, in a process of its own: libpq asks the hook for it when it has learnt
// from the server who issues tokens. Arguments: the library, a connection string. Standard input: the token.
// Prints {"asked": {configuration, scope} | null, "error", "answer"}.
import { readFileSync } from "node:fs";
import koffi from "koffi";

const [library = "", conninfo = "", query = "select current_user"] = process.argv.slice(2);
const token = readFileSync(0, "utf8");
const libpq = koffi.load(library);

const bearerRequest = koffi.struct("PGoauthBearerRequest", {
  openid_configuration: "const char *",
  scope: "const char *",
  async: "void *",
  cleanup: "void *",
  token: "void *",
  user: "void *",
});
const hookType = koffi.pointer(koffi.proto("int AuthDataHook(int type, void *connection, void *data)"));
const setHook = libpq.func("PQsetAuthDataHook", "void", [hookType]);
const connect = libpq.func("void *PQconnectdb(const char *conninfo)");
const statusOf = libpq.func("int PQstatus(void *connection)");
const errorOf = libpq.func("const char *PQerrorMessage(void *connection)");
const execute = libpq.func("void *PQexec(void *connection, const char *query)");
const valueOf = libpq.func("const char *PQgetvalue(void *result, int row, int column)");
const statusOfResult = libpq.func("int PQresultStatus(void *result)");

/** `PGRES_TUPLES_OK` */
const tuples = 2;

/** `PQAUTHDATA_OAUTH_BEARER_TOKEN` */
const bearerToken = 1;
let asked: { readonly configuration: string; readonly scope: string } | null = null;
const text = koffi.alloc("char", token.length + 1);
koffi.encode(text, "char", token, token.length + 1);

const hook = koffi.register((type: number, _connection: unknown, data: unknown): number => {
  if (type !== bearerToken) return 0;
  const request = koffi.decode(data, bearerRequest) as {
    readonly openid_configuration: string;
    readonly scope: string;
    readonly [field: string]: unknown;
  };
  asked = { configuration: request.openid_configuration, scope: request.scope };
  koffi.encode(data, bearerRequest, { ...request, token: text });
  return 1;
}, hookType);
setHook(hook);

const connection: unknown = connect(conninfo);
const status = statusOf(connection) as number;
let answer: string | null = null;
if (status === 0) {
  const result: unknown = execute(connection, query);
  if (statusOfResult(result) === tuples) answer = valueOf(result, 0, 0) as string;
}
const error = errorOf(connection) as string;
process.stdout.write(JSON.stringify({ asked, error, answer }));
