export { readRoleCatalogue } from "./role-catalogue.ts";
export type { RoleCatalogueJson } from "./role-catalogue.ts";
