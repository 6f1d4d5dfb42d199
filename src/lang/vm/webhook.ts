/** Webhooks are signals: what is posted to one comes as the signal named for the last segment of its address. */
export function webhookSignal(url: string): string {
  return `webhook/${url.slice(url.lastIndexOf("/") + 1)}`;
}
