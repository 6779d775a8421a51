import type { Finding, Path } from "./fault.ts";
import { nearest } from "./nearest.ts";
import { mapUnder, textUnder } from "./record.ts";
import { alternatives, type Shape, shapesUnder } from "./shape.ts";

/** A part of the file with the shape that belongs to it. */
export interface Part {
  readonly path: Path;
  readonly value: unknown;
  readonly shape: Shape;
  /** Type of a channel's bridge; undefined for the core's own part. */
  readonly type?: string;
}

/** What no schema can see: names that must exist, and things that must differ. Works on a file with other faults too. */
export function crossCheck(file: unknown, parts: readonly Part[]): Finding[] {
  return [
    ...checkAgencies(file),
    ...checkNames(file),
    ...checkRooms(file),
    ...checkDatabase(file),
    ...checkUnique(parts),
  ];
}

function checkAgencies(file: unknown): Finding[] {
  const agencies = Object.keys(mapUnder(file, "agencies"));
  return Object.entries(mapUnder(file, "channels")).flatMap(([channel, settings]) => {
    const agency = textUnder(settings, "agency");
    if (agency === undefined || agencies.includes(agency)) return [];
    const meant = nearest(agency, agencies);
    const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
    const allowed = `an agency of this file: ${agencies.join(", ") || "there is none yet"}${hint}`;
    return [{ path: ["channels", channel, "agency"], found: JSON.stringify(agency), allowed }];
  });
}

/** What guichet's own pages stand below on the public listener, beside the channels' names. */
const RESERVED: readonly string[] = ["files"];

const checkNames = (file: unknown): Finding[] =>
  Object.keys(mapUnder(file, "channels"))
    .filter((name) => RESERVED.includes(name))
    .map((name) => ({
      path: ["channels", name],
      at: "key",
      found: JSON.stringify(name),
      allowed: "another name: this one is guichet's own in web addresses",
    }));

function checkRooms(file: unknown): Finding[] {
  const domain = textUnder(mapUnder(file, "homeserver"), "domain");
  const owners = new Map<string, string>();
  const named = Object.entries(mapUnder(file, "agencies")).flatMap(([agency, settings]) =>
    ["room", "space"].map((key) => ({ path: ["agencies", agency, key], room: textUnder(settings, key) })),
  );
  return named.flatMap(({ path, room }) => {
    if (room === undefined || !room.startsWith("#") || !room.includes(":")) return [];
    const findings: Finding[] = [];
    if (domain !== undefined && room.slice(room.indexOf(":") + 1) !== domain) {
      findings.push({
        path,
        found: JSON.stringify(room),
        allowed: `an alias on the homeserver's own domain, such as ${room.split(":")[0]}:${domain}`,
      });
    }
    const owner = owners.get(room);
    if (owner === undefined) owners.set(room, path.slice(0, -1).join("."));
    else
      findings.push({
        path,
        found: `${JSON.stringify(room)}, which is the room of ${owner}`,
        allowed: "a room of its own for each agency",
      });
    return findings;
  });
}

function checkDatabase(file: unknown): Finding[] {
  const database = mapUnder(file, "database");
  if (database.url == null || database.port == null) return [];
  return [
    {
      path: ["database", "port"],
      at: "key",
      found: "a port beside a url",
      allowed: "port for the embedded PostgreSQL, or url for your own: one of them",
    },
  ];
}

/** Ports that this process listens on, whoever names them; addresses and what a bridge calls unique, among its channels. */
function checkUnique(parts: readonly Part[]): Finding[] {
  const owners = new Map<string, string>();
  return parts.flatMap((part) =>
    [...marked(part)].flatMap(({ key, what, path, value }) => {
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, path.join("."));
      else
        return [
          {
            path,
            found: `${JSON.stringify(value)}, which is taken by ${owner}`,
            allowed: `${what} that nothing else in this file has`,
          },
        ];
      return [];
    }),
  );
}

interface Mark {
  readonly key: string;
  readonly what: string;
  readonly path: Path;
  readonly value: string | number;
}

function* marked(
  part: Part,
  value = part.value,
  shapes: readonly Shape[] = [part.shape],
  path = part.path,
): Generator<Mark> {
  const all = shapes.flatMap((shape) => alternatives(shape, part.shape));
  if (typeof value === "string" || typeof value === "number") {
    const inner = path.slice(part.path.length).join(".");
    const isAddress = part.type !== undefined && inner === "address";
    // Port 0 means any free port.
    if (all.some((one) => one.listens === true) && value !== 0)
      yield { key: `port ${value}`, what: "a port", path, value };
    else if (isAddress || all.some((one) => one.unique === true)) {
      yield {
        key: `${part.type} ${inner} ${String(value).toLowerCase()}`,
        what: isAddress ? "an address" : "a value",
        path,
        value,
      };
    }
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, child] of Object.entries(value)) {
    const key = Array.isArray(value) ? Number(name) : name;
    yield* marked(
      part,
      child,
      all.flatMap((one) => shapesUnder(one, key, part.shape)),
      [...path, key],
    );
  }
}
