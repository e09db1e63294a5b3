// One thing with named properties: a line each for people, an object for programs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/cli/text/table.h"

namespace forkmill::cli {

class Fields {
 public:
  // An empty text is left out of tables; JSON keeps the value.
  void add(std::string name, Cell cell) { fields_.emplace_back(std::move(name), std::move(cell)); }

  std::string render(Format format) const;

 private:
  std::vector<std::pair<std::string, Cell>> fields_;
};

}  // namespace forkmill::cli
