// What a user writes, checked strictly with both ways to find modules.
import { FloatscopeError, init, scan, type Overview, type Report, type TensorReport } from 'floatscope';

export async function labels(source: File | string, signal: AbortSignal): Promise<Map<string, string>> {
  await init();
  const scanning = scan(source, { sample: 1e6, casts: ['f16', 'int4/128'], only: ['stats', 'ancestry'], signal, onprogress: ({ bytes, total, look }) => console.log(bytes / total, look) });
  const found = new Map<string, string>();
  for await (const tensor of scanning) found.set(tensor.name, tensor.ancestry.label);
  const overview: Overview | null = scanning.overview;
  console.log(overview?.headline, overview?.sample?.bytes, overview?.problems[0]?.what);
  return found;
}

export async function whole(shards: File[]): Promise<Report | string> {
  try {
    const report = await scan(shards.map((blob) => ({ name: blob.name, blob }))).report();
    const first: TensorReport | undefined = report.tensors[0];
    return first?.casts?.['f16']?.sqnr_db === 'Infinity' ? 'exact' : report;
  } catch (error) {
    if (error instanceof FloatscopeError) return `${error.file} ${error.where}`;
    throw error;
  }
}

export const table = (bytes: Uint8Array): Promise<Blob> => scan([bytes]).blob('csv');
export const far = scan(new URL('https://example.com/model.safetensors'), { token: 'hf_…', hub: 'https://hub.example', fetch: globalThis.fetch });

// @ts-expect-error a number is no source
scan(5);
// @ts-expect-error there is no such part
scan('x', { only: 'weights' });
