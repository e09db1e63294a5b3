"""The figures of a measurement, with all runs, by set, parameter, system and name. Written to and read from JSON."""
import json
import statistics


class Figures:
    def __init__(self):
        self.values = {}  # (set, parameter, system, name) → one value a run
        self.facts = {}   # machine and programs; see machine.py

    def add(self, set_name, parameter, line):
        """Adds a line "SYSTEM.NAME<TAB>VALUE" of a benchmark. The name is what follows the first dot."""
        key, _, value = line.partition("\t")
        system, _, name = key.partition(".")
        self.values.setdefault((set_name, parameter, system, name), []).append(float(value))

    def has(self, set_name):
        return any(key[0] == set_name for key in self.values)

    def runs(self, set_name, parameter, system, name):
        return self.values.get((set_name, parameter, system, name), [])

    def median(self, set_name, parameter, system, name):
        """None: not measured."""
        runs = self.runs(set_name, parameter, system, name)
        return statistics.median(runs) if runs else None

    def ratio(self, set_name, parameter, name, one, other):
        """The median of `one` in units of that of `other`; None: one of them was not measured."""
        above, below = (self.median(set_name, parameter, system, name) for system in (one, other))
        return above / below if above is not None and below else None

    def systems(self, set_name, name):
        return unique(key[2] for key in self.values if key[0] == set_name and key[3] == name)

    def parameters(self, set_name):
        return unique(key[1] for key in self.values if key[0] == set_name)

    def add_sets(self, other):
        """Takes over the sets of `other`, in place of what is known of them. The facts stay."""
        replaced = {key[0] for key in other.values}
        self.values = {key: runs for key, runs in self.values.items() if key[0] not in replaced} | other.values

    def write(self, path):
        rows = [{"set": key[0], "parameter": key[1], "system": key[2], "figure": key[3],
                 "median": statistics.median(runs), "lowest": min(runs), "highest": max(runs), "runs": runs}
                for key, runs in self.values.items()]
        with open(path, "w", encoding="utf-8") as out:
            json.dump({"facts": self.facts, "figures": rows}, out, indent=1, ensure_ascii=False)
            out.write("\n")

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as source:
            stored = json.load(source)
        figures = cls()
        figures.facts = stored["facts"]
        for row in stored["figures"]:
            figures.values[(row["set"], row["parameter"], row["system"], row["figure"])] = row["runs"]
        return figures


def unique(items):
    return list(dict.fromkeys(items))
