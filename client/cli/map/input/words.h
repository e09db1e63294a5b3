// The words that follow the options of `forkmill map`: a command, then input sources.
//
//   COMMAND … ::: ARGUMENT …     a source of these arguments       :::: FILE …   a source of lines per file
//   :::+ ARGUMENT …              linked to the previous source     ::::+ FILE …  each linked to the previous source
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/map/input/rows.h"

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

struct InputSyntax {
  std::string delimiter = "\n";          // ends the lines of files; another one also separates arguments (:::)
  std::optional<std::string> columns{};  // the --colsep expression
  bool link = false;                     // all sources are linked, and the shorter ones are repeated (--link)
};

// Opens the inputs; stdin if `inputs` is empty. Throws UsageError if a file cannot be opened, or if stdin is given
// twice.
std::unique_ptr<Rows> open_inputs(const std::vector<Input>& inputs, const InputSyntax& syntax);

}  // namespace forkmill::cli
