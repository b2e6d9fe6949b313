/** The pipeline's settings in the notebook's metadata, under `nb2pipe`, as a form shows them. */

export type Settings = Record<string, unknown>;
type Volume = { name?: unknown; mount_path?: unknown; read_only?: unknown };

/** Return the texts of a form. */
export function readSettings(settings: Settings, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map(name => {
      const value = settings[name];
      if (name === 'volumes') {
        return [name, Array.isArray(value) ? value.map(volumeText).join('\n') : ''];
      }
      return [name, typeof value === 'string' ? value : ''];
    })
  );
}

/** Return the settings with one changed by a form; an empty text takes it away. Others stay. */
export function writeSetting(settings: Settings, name: string, text: string): Settings {
  const changed = Object.fromEntries(Object.entries(settings).filter(([key]) => key !== name));
  const trimmed = text.trim();
  if (trimmed === '') {
    return changed;
  }
  if (name !== 'volumes') {
    return { ...changed, [name]: trimmed };
  }
  const before = Array.isArray(settings.volumes) ? (settings.volumes as Volume[]) : [];
  const volumes = trimmed
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(line => volumeOf(line, before));
  return { ...changed, volumes };
}

function volumeText(volume: Volume): string {
  return `${volume.name}:${volume.mount_path}${volume.read_only === true ? ':ro' : ''}`;
}

/** Return the volume of a line, with what a form does not show as it was. */
function volumeOf(line: string, before: readonly Volume[]): Volume {
  const [name, path, mode] = line.split(':');
  const known = before.find(volume => volume.name === name && volume.mount_path === path) ?? {};
  const { read_only: _, ...rest } = known;
  return { ...rest, name, mount_path: path ?? '', ...(mode === 'ro' ? { read_only: true } : {}) };
}

/** Return the value that somebody typed for a parameter; null when it is not of its type. */
export function parameterValue(text: string, type: string): { value: unknown } | null {
  const trimmed = text.trim();
  if (type === 'str') {
    return { value: text };
  }
  if (type === 'bool') {
    const word = trimmed.toLowerCase();
    return word === 'true' ? { value: true } : word === 'false' ? { value: false } : null;
  }
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return null;
  }
  const fits =
    type === 'int'
      ? Number.isInteger(value)
      : type === 'float'
        ? typeof value === 'number'
        : type === 'list'
          ? Array.isArray(value)
          : typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? { value } : null;
}

/** Return a parameter's default as somebody would type it. */
export function parameterText(value: unknown, type: string): string {
  return type === 'str' ? String(value) : JSON.stringify(value);
}
