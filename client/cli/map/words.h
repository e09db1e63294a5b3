// The words that follow the options of `forkmill map`: a command, then input sources.
//
//   COMMAND … ::: ARGUMENT …     a source of these arguments       :::: FILE …   a source of lines per file
//   :::+ ARGUMENT …              linked to the previous source     ::::+ FILE …  each linked to the previous source
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/cli/map/rows.h"

namespace forkmill::cli {

struct Input {
  bool file = false;  // true: `words` is the name of one file ("-" is stdin); false: they are arguments
  bool linked = false;
  std::vector<std::string> words{};
  friend bool operator==(const Input&, const Input&) = default;
};

struct MapWords {
  std::vector<std::string> command;
  std::vector<Input> inputs;  // in the order of the positions {1} {2} …
};

// Throws UsageError if a linked source has no previous one, or if :::: has no file.
MapWords split_words(const std::vector<std::string>& words);

// Opens the inputs; stdin if `inputs` is empty. `delimiter` ends the lines of files; `columns` is the --colsep
// expression. Throws UsageError if a file cannot be opened, or if stdin is given twice.
Rows open_inputs(const std::vector<Input>& inputs, char delimiter, const std::optional<std::string>& columns);

}  // namespace forkmill::cli
