export type { LookUpFailure } from "./look-up-failure.ts";
export { systemNames } from "./name-service.ts";
export type { AddressesAnswer, NameAnswer, NameService } from "./name-service.ts";
export { Resolver } from "./resolver.ts";
export type { Asker } from "./resolver.ts";
export { serviceLookUp } from "./service-records.ts";
export type { LookUpServices } from "./service-records.ts";
