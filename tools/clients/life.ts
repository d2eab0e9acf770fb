// Takes a request through its whole life with the types that openapi-typescript makes of the
// OpenAPI document, under tsc --strict: `node out/life.js <address> <token>`.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[]; exit(code: number): never };

type Status = components["schemas"]["Status"];

const client = createClient<paths>({ baseUrl: process.argv[2], headers: { Authorization: `Bearer ${process.argv[3]}` } });

function want<T>(what: string, got: { data?: T; error?: unknown }): T {
  if (got.data === undefined) throw new Error(`${what}: ${JSON.stringify(got.error)}`);
  return got.data;
}

async function untilReady(id: string): Promise<void> {
  const end = Date.now() + 60_000;
  let status: Status;
  do {
    status = want("read", await client.GET("/api/v1/requests/{id}", { params: { path: { id } } })).status;
    if (Date.now() > end) throw new Error(`the request is still ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (status !== "ready");
}

async function life(): Promise<void> {
  const body = { reference: "TS-1", selectors: [{ metadata: { value: "ana@example.com" } }] };
  const { id } = want("submit", await client.POST("/api/v1/requests", { body }));
  const again = await client.POST("/api/v1/requests", { body });
  if (again.error?.code !== "duplicate_reference") throw new Error("a reference was taken twice");
  await untilReady(id);
  const list = want("list", await client.GET("/api/v1/requests", { params: { query: { status: ["ready"], sort: "updated" } } }));
  const archive = list.items.find((r) => r.id === id)?.result?.archive;
  const download = await client.GET("/api/v1/requests/{id}/archive", { params: { path: { id } }, parseAs: "arrayBuffer" });
  const bytes = want("download", download as { data?: ArrayBuffer; error?: unknown });
  if (bytes.byteLength !== archive?.size) throw new Error(`the archive has ${bytes.byteLength} bytes, not ${archive?.size}`);
  const answered = want("answer", await client.POST("/api/v1/requests/{id}/answered", { params: { path: { id } }, body: { outcome: "given" } }));
  if (answered.answer?.outcome !== "given") throw new Error("the answer was not kept");
  const purged = await client.DELETE("/api/v1/requests/{id}", { params: { path: { id } } });
  if (purged.response.status !== 204) throw new Error(`purge: ${purged.response.status}`);
  const gone = await client.GET("/api/v1/requests/{id}", { params: { path: { id } } });
  if (gone.error?.code !== "purged" || gone.error.receipt === undefined) throw new Error("there is no receipt");
}

life().then(() => console.log("lived"), (err: unknown) => {
  console.error(err);
  process.exit(1);
});
