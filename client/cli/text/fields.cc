#include "client/cli/text/fields.h"

#include <algorithm>
#include <sstream>

namespace forkmill::cli {

namespace {

// Aligns all lines of a longer text, such as a backtrace.
void append(std::string& out, const std::string& name, const std::string& text, std::size_t width) {
  std::istringstream lines{text};
  std::string label = name;
  for (std::string line; std::getline(lines, line); label.clear()) {
    out += label + std::string(width - label.size() + 2, ' ') + printable(line) + "\n";
  }
}

}  // namespace

std::string Fields::render(Format format) const {
  auto object = nlohmann::ordered_json::object();
  std::string text;
  std::size_t width = 0;
  for (const auto& [name, cell] : fields_) width = cell.text.empty() ? width : std::max(width, name.size());
  for (const auto& [name, cell] : fields_) {
    object[name] = cell.value;
    std::string label = name;
    std::replace(label.begin(), label.end(), '_', ' ');
    append(text, label, cell.text, width);
  }
  if (format == Format::table || format == Format::wide) return text;
  return object.dump(format == Format::json ? 2 : -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace forkmill::cli
