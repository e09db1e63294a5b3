// Settings of a program: each has a name, and comes from its default, the TOML file given by --config, the environment,
// or a flag; later ones win.
//
//     max-tasks-per-child      --max-tasks-per-child N      max_tasks_per_child = N      FORKMILL_MAX_TASKS_PER_CHILD=N
//
// A value that is wrong names where it stands and what would be right. For the main thread, before anything else runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace forkmill::proto {

class Settings {
 public:
  Settings(std::string program, std::string description, std::string version);

  // Each takes what `target` holds as the default. `target` must outlive parse().
  void text(std::string name, std::string& target, std::string help);
  void list(std::string name, std::vector<std::string>& target, std::string help);  // repeated, or parted by commas
  void flag(std::string name, bool& target, std::string help);
  void number(std::string name, std::uint64_t& target, std::uint64_t least, std::uint64_t most, std::string help);
  void duration(std::string name, std::chrono::milliseconds& target, std::string help);
  void bytes(std::string name, std::uint64_t& target, std::string help);

  // A table of tables in the file only: [queue.NAME] with the keys given. `set` returns what would be right, or empty.
  using SetEntry =
      std::function<std::string(const std::string& entry, const std::string& key, const std::string& value)>;
  void table(std::string name, std::vector<std::string> keys, SetEntry set);

  // Text below the flags in --help: examples, exit codes.
  void footer(std::string text) { footer_ = std::move(text); }

  // The exit code when the program is to end here: 0 after --help or --version, 2 for a setting that is wrong (said on
  // stderr).
  std::optional<int> parse(int argc, const char* const* argv);

 private:
  struct Setting {
    std::string name;
    std::string help;
    std::string kind;      // "TEXT", "DURATION", …
    std::string standard;  // the default, for --help
    bool is_flag = false;
    bool is_list = false;
    std::function<std::string(const std::vector<std::string>&)> set;  // what would be right, or empty
  };
  struct Table {
    std::string name;
    std::vector<std::string> keys;
    SetEntry set;
  };
  void add(Setting setting);
  std::string known_keys() const;
  std::string read_file(const std::string& path);
  std::string read_environment();

  std::string program_;
  std::string description_;
  std::string version_;
  std::string footer_;
  std::vector<Setting> settings_;
  std::vector<Table> tables_;
};

}  // namespace forkmill::proto
