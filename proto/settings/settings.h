// The settings of a program. Each one has a name, which is also its key in the file, in the environment and on the
// command line, and takes its value from the last of these that gives one:
//
//     default   TOML file of --config     environment                       flag
//     0         max_tasks_per_child = N   FORKMILL_MAX_TASKS_PER_CHILD=N    --max-tasks-per-child N
//
// An error names the place of the wrong value, the value, and what is accepted. Main thread only, before the program
// starts other threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/status.h"

namespace forkmill::proto {

// A value is not accepted; `accepted` completes the sentence "must be …" of the error.
inline Status must_be(std::string accepted) { return {Errc::option_out_of_range, std::move(accepted)}; }

// Flushes standard output at the end of a program that has printed with std::cout. Returns `status`, or 1 with a
// message on stderr that starts with `program` if something could not be written.
int status_of_output(const std::string& program, int status);

class Settings {
 public:
  Settings(std::string program, std::string description, std::string version);

  // The settings added from here on stand under this heading in --help.
  void group(std::string heading) { group_ = std::move(heading); }

  // Each of these adds one setting; the current value of `target` is the default. `target` must outlive parse(). `kind`
  // stands for the value in --help, which also shows the default.
  void text(std::string name, std::string& target, std::string help, std::string kind = "TEXT");
  // The same for a text that is looked at as it is read: `check` fails with must_be() if the text is not accepted.
  using Check = std::function<Status(const std::string& value)>;
  void text(std::string name, std::string& target, std::string help, Check check, std::string kind);
  // The flag may be repeated, and each value may have several parts with commas between.
  void list(std::string name, std::vector<std::string>& target, std::string help, std::string kind = "LIST");
  void flag(std::string name, bool& target, std::string help);
  // `zero`: a word that may be written for 0.
  void number(std::string name, std::uint64_t& target, std::uint64_t min, std::uint64_t max, std::string help,
              std::string zero = "");
  void duration(std::string name, std::chrono::milliseconds& target, std::string help);
  void size(std::string name, std::uint64_t& target, std::string help);

  // Sets `key` of [TABLE.entry] to `value`. Fails with must_be() if the value is not accepted.
  using SetEntry = std::function<Status(const std::string& entry, const std::string& key, const std::string& value)>;
  // Adds a table of tables that only the file can have: [queue.NAME] with the given keys.
  void table(std::string name, std::vector<std::string> keys, SetEntry set);

  // The last text of --help: examples, exit codes.
  void footer(std::string text) { footer_ = std::move(text); }

  // Reads all sources into the targets. Returns the exit code if the program is to exit: 0 after --help or --version, 2
  // after an error, which is written to stderr.
  std::optional<int> parse(int argc, const char* const* argv);

 private:
  struct Setting {
    std::string name;
    std::string help;
    std::string kind;           // "TEXT", "DURATION", …
    std::string shown_default;  // for --help; empty: none is shown
    std::string group{};
    bool is_flag = false;
    bool is_list = false;
    std::function<Status(const std::vector<std::string>&)> set{};  // fails with must_be()
  };
  struct Table {
    std::string name;
    std::vector<std::string> keys;
    SetEntry set;
  };
  void add(Setting setting);
  std::string known_keys() const;
  Status read_file(const std::string& path);
  Status read_environment();

  std::string program_;
  std::string description_;
  std::string version_;
  std::string footer_;
  std::string group_ = "Options";
  std::vector<Setting> settings_;
  std::vector<Table> tables_;
};

}  // namespace forkmill::proto
