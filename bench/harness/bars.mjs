/**
 * Judges the bars of a case. A bar is one of
 * - { metric, times, aim, peer, subject? }: the subject is at least so many times better than the peer (more, or less where less is better);
 * - { metric, most, aim, peer, subject? }: the subject is at most so many times the peer;
 * - { metric, most, aim, subject? }: the subject is at most so much.
 * The subject is "sluice" unless said. `times` or `most` may be missing: an aim without a bar.
 */
export function judge(test, rows) {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return (test.bars ?? []).map((bar) => {
    const subject = byId.get(bar.subject ?? "sluice");
    const peer = byId.get(bar.peer);
    const metric = test.metrics[bar.metric];
    const line = {
      ...bar,
      subjectLabel: subject?.label ?? bar.subject ?? "Sluice",
      peerLabel: peer?.label ?? bar.peer,
      label: metric.label,
    };
    const mine = subject?.median?.[bar.metric];
    const theirs = bar.peer === undefined ? 1 : peer?.median?.[bar.metric];
    if (mine === undefined || theirs === undefined) return { ...line, verdict: "not measured" };
    const least = bar.times !== undefined || (bar.most === undefined && bar.atMost !== true);
    const value = least && metric.less !== true ? mine / theirs : least ? theirs / mine : mine / theirs;
    return { ...line, value, loadBound: loadBound(bar, subject), verdict: verdict(bar, value, least) };
  });
}

function verdict(bar, value, least) {
  const reaches = (limit) => limit !== undefined && (least ? value >= limit : value <= limit);
  const limit = least ? bar.times : bar.most;
  if (reaches(bar.aim)) return "aim reached";
  if (limit === undefined) return "aim missed";
  return reaches(limit) ? "reached" : "missed";
}

/** A rate says little where the measured process was not busy: the load was the limit. */
function loadBound(bar, subject) {
  return bar.metric.startsWith("rate") && subject.median.busy < 90;
}
