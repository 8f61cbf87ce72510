/** The HTTP calls for sweeps: like those of api.js, whose errors they share. */
import { call } from "./api.js";
import { up } from "./up.js";

/** @import { CreateSweep, SweepMember, SweepStatus } from "./wire.d.ts" */

const PARQUET = "application/vnd.apache.parquet";

export const sweepsApi = {
  /** @returns {Promise<SweepStatus[]>} */
  all: () => call("api/sweeps"),
  /** @param {string} id @returns {Promise<SweepStatus>} */
  get: (id) => call(`api/sweeps/${id}`),
  /** @param {Partial<CreateSweep>} wanted @returns {Promise<SweepStatus>} */
  create: (wanted) => call("api/sweeps", "POST", wanted),
  /** @param {string} id @param {string} name @returns {Promise<SweepStatus>} */
  rename: (id, name) => call(`api/sweeps/${id}`, "PATCH", { name }),
  /** @param {string} id @param {"start" | "pause"} name @returns {Promise<SweepStatus>} */
  command: (id, name) => call(`api/sweeps/${id}/${name}`, "POST", {}),
  /** @param {string} id @returns {Promise<void>} */
  remove: (id) => call(`api/sweeps/${id}`, "DELETE"),
  /** @param {string} id @param {number} cell @returns {Promise<SweepMember[]>} */
  members: (id, cell) => call(`api/sweeps/${id}/members?cell=${cell}`),
  /** The results as a file. @param {string} id @param {"text/csv" | "application/vnd.apache.parquet"} kind */
  async table(id, kind) {
    const response = await fetch(`${up}api/sweeps/${id}/members`, {
      headers: { Accept: kind, "Accept-Language": document.documentElement.lang },
    });
    if (!response.ok) throw new Error((await response.json()).detail);
    return response.blob();
  },
  csv: /** @type {const} */ ("text/csv"),
  parquet: /** @type {"application/vnd.apache.parquet"} */ (PARQUET),
};
