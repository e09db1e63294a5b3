// An object with named fields: one line per field for people, one JSON object for programs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/cli/text/table.h"

namespace forkmill::cli {

class Fields {
 public:
  // Tables omit a field whose text is empty; JSON has its value.
  void add(std::string name, Cell cell) { fields_.emplace_back(std::move(name), std::move(cell)); }

  // Ends in a newline unless there is nothing to show.
  std::string render(Format format) const;

 private:
  std::vector<std::pair<std::string, Cell>> fields_;
};

}  // namespace forkmill::cli
