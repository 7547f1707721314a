import type { Client } from "./client.ts";
import { libpq15, libpq18 } from "./libpq.ts";
import { nodePostgres } from "./node-postgres.ts";
import { postgresJs } from "./postgres-js.ts";
import { psqlOn } from "./psql.ts";

export const allClients: readonly Client[] = [psqlOn(libpq15), psqlOn(libpq18), nodePostgres, postgresJs];
