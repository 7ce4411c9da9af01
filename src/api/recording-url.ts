/** Where a file of a recording is served. */
export function recordingFileUrl(id: string, name: string): string {
  return `/v1/recordings/${encodeURIComponent(id)}/files/${encodeURIComponent(name)}`;
}
