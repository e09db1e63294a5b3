// The words behind `forkmill map`'s options: a command, then input sources.
//
//   COMMAND … ::: ARGUMENT …     a source of these arguments       :::: FILE …   each file a source of its lines
//   :::+ ARGUMENT …              linked to the source before it    ::::+ FILE …  each linked to the source before it
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/cli/map/rows.h"

namespace forkmill::cli {

struct Input {
  bool file = false;  // one name of a file ("-" is stdin); otherwise arguments
  bool linked = false;
  std::vector<std::string> words{};
  friend bool operator==(const Input&, const Input&) = default;
};

struct MapWords {
  std::vector<std::string> command;
  std::vector<Input> inputs;  // in the order of the positions {1} {2} …
};

// Throws UsageError for a link with nothing to link to and for :::: without a file.
MapWords split_words(const std::vector<std::string>& words);

// Opens the inputs; none at all means the lines of stdin. delimiter ends each line of a file.
Rows open_inputs(const std::vector<Input>& inputs, char delimiter, const std::optional<std::string>& columns);

}  // namespace forkmill::cli
