// Views of logs: the answer to QUERY logs, for people and as JSON (views/json.h). Pure.
#pragma once

#include <cstdint>
#include <string>

#include "client/cli/views/json.h"

namespace forkmill::cli {

// LogView: renders the pages of one log, one after another.
class LogView {
 public:
  explicit LogView(Format format) : format_{format} {}

  // Returns what is new in a page. For people that is what the attempt has printed, as it is: the caller cleans it for
  // a terminal. A character whose bytes have not all come waits for the next page.
  std::string render(const Json& page);
  // Returns what is left when no page will come.
  std::string finish();

 private:
  std::string render_text(const Json& row);
  std::string new_line() const { return at_line_start_ ? "" : "\n"; }
  std::string said(std::string text);

  Format format_;
  std::string source_;  // source of the last text
  std::string rest_;    // the beginning of a character
  bool at_line_start_ = true;
};

// The rows of a page: its texts, each with what is missing before it.
Json log_rows(const Json& page);
// Why the log of a page without texts is empty, for people, as far as the page tells it.
std::string why_no_log(const Json& page);

}  // namespace forkmill::cli
