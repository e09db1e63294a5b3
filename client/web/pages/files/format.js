// Numbers and times for people.

export function count(value) {
  return typeof value === "number" ? value.toLocaleString("en") : null;
}

export function bytes(value) {
  if (typeof value !== "number") return null;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; ++unit) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function duration(ms) {
  if (typeof ms !== "number") return null;
  if (ms < 1000) return `${Math.max(Math.round(ms), 0)}ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${(ms / 1000).toFixed(1)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h${Math.floor(seconds / 60) % 60}m`;
  return `${Math.floor(seconds / 86400)}d${Math.floor(seconds / 3600) % 24}h`;
}

export function time(ms) {
  return ms ? new Date(ms).toLocaleString("sv") : null;
}

export function age(ms) {
  return ms ? duration(Date.now() - ms) : null;
}

export function first_line(text) {
  return typeof text === "string" ? text.split("\n", 1)[0] : null;
}
