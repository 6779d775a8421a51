export { freePort } from "../../demo/setup/free-port.ts";
