/** Owns `updates.json`: the current record, and its writes, one at a time. */
import type { DataPartition } from '../disk/mod.ts';
import { formatRecord, parseRecord, RECORD_FILE, type UpdateRecord } from './record.ts';
import { reasonOf } from '../linux/mod.ts';

export class RecordFile {
  readonly #data: DataPartition;
  readonly #onProblem: (reason: string) => void;
  #record: UpdateRecord = parseRecord(undefined);
  #writes: Promise<void> = Promise.resolve();

  /** Reads the file. Read and write errors are reported to `onProblem`; the record applies anyway. */
  constructor(data: DataPartition, onProblem: (reason: string) => void) {
    this.#data = data;
    this.#onProblem = onProblem;
    try {
      this.#record = parseRecord(data.readFile(RECORD_FILE));
    } catch (error) {
      onProblem(`read ${RECORD_FILE}: ${reasonOf(error)}`);
    }
  }

  get current(): UpdateRecord {
    return this.#record;
  }

  /** Sets the current record; resolves when it is on the disk or could not be written. Never rejects. */
  save(record: UpdateRecord): Promise<void> {
    if (record === this.#record) return this.#writes;
    this.#record = record;
    this.#writes = this.#writes.then(async () => {
      try {
        await this.#data.writeFile(RECORD_FILE, formatRecord(record));
      } catch (error) {
        this.#onProblem(reasonOf(error));
      }
    });
    return this.#writes;
  }
}
