// TopPage: one view of `forkmill top`: a list of queues, tasks or workers, or the text about one task. Pure.
#pragma once

#include <forkmill/query.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/top/grid_view.h"
#include "client/cli/top/line.h"
#include "client/cli/top/scroll.h"
#include "client/cli/views/json.h"

namespace forkmill::cli {

enum class TopView : std::uint8_t { queues, tasks, task, workers };

class TopPage {
 public:
  // about: the queue of the tasks, empty for those of all queues; the id of the task; else nothing.
  explicit TopPage(TopView view, std::string about = {}) : view_{view}, about_{std::move(about)} {}

  TopView view() const { return view_; }
  // The question whose answer the page shows.
  Query question() const;
  bool asks(const Query& query) const;
  // Whether the answer to a question that told() has returned is still to come. Nothing else is asked until then: a
  // list that takes longer than the pause between two refreshes would never be whole.
  bool awaits_part() const { return parts_.before != 0; }
  // The answer to a question that the page asks, at a time in milliseconds since 1970. Returns the question for more of
  // it, if it is a part of a list: the broker looks at a bounded number of tasks for each.
  std::optional<Query> told(const Query& query, const Json& body, std::int64_t now_ms);
  // Call when another page is shown, which gets the answers from then on.
  void leave() { parts_ = {}; }
  // Why there is no answer.
  void failed(const std::string& why);

  // The rows; empty for a task.
  GridView& list() { return list_; }
  const GridView& list() const { return list_; }
  // The key of the selected row, or the id of the task. Empty: there is none.
  const std::string& selected() const { return view_ == TopView::task ? about_ : list_.selected(); }
  // Moves the selection, or the text, as far as there is something.
  void move_by(std::ptrdiff_t rows);
  void move_by_pages(std::ptrdiff_t pages);

  // "3 queues", "mail: 12 tasks", "task 0190…".
  std::string title() const;
  // The lines of the page, `height` of them.
  std::vector<TopLine> lines(std::size_t width, std::size_t height);

 private:
  std::optional<Query> told_tasks(const Query& query, const Json& body, std::int64_t now_ms);

  // A list of tasks that comes in parts.
  struct Parts {
    Json tasks = Json::array();
    int count = 0;
    std::uint64_t before = 0;  // the place of the question that has no answer yet; 0: there is none
  };

  TopView view_;
  std::string about_;
  Parts parts_{};
  bool has_older_ = false;  // there are tasks behind those of the list, or may be
  GridView list_{};
  std::vector<std::string> text_{};  // the task, or why there is no answer; empty: the list is shown
  Scroll scroll_{};                  // the place in the text
};

}  // namespace forkmill::cli
