/** The records of the stream over HTTP: two numbers, the kind and the number of bytes, and then the bytes. Pure. */

/** What a record holds. An empty one only says that the stream is alive. */
export const KINDS = { nothing: 0, text: 1, frame: 2, end: 3 };

const HEADER = 8;

/**
 * Puts records together from the pieces in which they arrive. The returned function takes the next piece and returns
 * the records that it completes.
 * @returns {(piece: Uint8Array) => { kind: number, data: Uint8Array<ArrayBuffer> }[]}
 */
export function createRecords() {
  /** @type {Uint8Array[]} */
  let pieces = [];
  let size = 0;
  /** The number of bytes without which no further record can be complete. */
  let needed = HEADER;

  return (piece) => {
    pieces.push(piece);
    size += piece.length;
    const records = [];
    while (size >= needed) {
      const all = joined(pieces, size);
      const view = new DataView(all.buffer);
      const end = HEADER + view.getUint32(4, true);
      needed = Math.max(end, HEADER);
      pieces = [all];
      if (size < end) break;
      records.push({ kind: view.getUint32(0, true), data: all.slice(HEADER, end) });
      pieces = [all.slice(end)];
      size -= end;
      needed = HEADER;
    }
    return records;
  };
}

/** @type {(pieces: Uint8Array[], size: number) => Uint8Array<ArrayBuffer>} */
function joined(pieces, size) {
  const all = new Uint8Array(size);
  let place = 0;
  for (const piece of pieces) {
    all.set(piece, place);
    place += piece.length;
  }
  return all;
}
