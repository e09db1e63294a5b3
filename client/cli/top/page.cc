#include "client/cli/top/page.h"

#include <sstream>

#include "client/cli/text/answers.h"
#include "client/cli/views/tasks.h"

namespace forkmill::cli {

namespace {

constexpr std::uint32_t kMaxListed = 500;  // tasks
constexpr int kMaxParts = 20;              // answers that make one list

std::vector<std::string> printable_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(printable(line));
  return lines;
}

std::string attempts_text(const Json& task) {
  std::string text;
  for (const auto& attempt : attempts_json(task)) {
    const auto code = text_of(attempt, "code");
    const auto message = text_of(attempt, "message");
    text += "attempt " + text_of(attempt, "attempt") + " " + text_of(attempt, "outcome") + " on " +
            text_of(attempt, "worker") + (code.empty() ? "" : " (" + code + ")") +
            (message.empty() ? "" : ": " + printable(message)) + "\n";
  }
  return text.empty() ? "" : "\n" + text;
}

}  // namespace

Query TopPage::question() const {
  switch (view_) {
    case TopView::queues:
      return {.kind = QueryKind::queues};
    case TopView::workers:
      return {.kind = QueryKind::workers};
    case TopView::task:
      return {.kind = QueryKind::task, .argument = about_};
    case TopView::tasks:
      break;
  }
  Query query{.kind = QueryKind::tasks};
  query.filter.queue = about_;
  query.filter.most = kMaxListed;
  return query;
}

bool TopPage::asks(const Query& query) const {
  const auto own = question();
  return own.kind == query.kind && own.argument == query.argument && own.filter.queue == query.filter.queue &&
         (query.filter.before == 0 || query.filter.before == parts_.before);
}

std::optional<Query> TopPage::told(const Query& query, const Json& body, std::int64_t now_ms) {
  text_.clear();
  switch (view_) {
    case TopView::queues:
      list_.set(queue_grid(body));
      break;
    case TopView::workers:
      list_.set(worker_grid(body));
      break;
    case TopView::tasks:
      return told_tasks(query, body, now_ms);
    case TopView::task:
      text_ = printable_lines(render_dead(body, Format::table, now_ms) + attempts_text(body));
      scroll_.select(scroll_.row(), text_.size());
  }
  return std::nullopt;
}

// A list that is shown stays until all parts of the next one are there.
std::optional<Query> TopPage::told_tasks(const Query& query, const Json& body, std::int64_t now_ms) {
  if (query.filter.before == 0) parts_ = {};
  for (const auto& row : value_of(body, "tasks")) parts_.tasks.push_back(row);
  const auto next = static_cast<std::uint64_t>(number_of(body, "next"));
  const bool is_over = next == 0 || parts_.tasks.size() >= kMaxListed || ++parts_.count == kMaxParts;
  if (is_over || list_.total() == 0) {
    list_.set(task_grid(Json{{"tasks", parts_.tasks}}, now_ms));
    has_older_ = next != 0;
  }
  parts_.before = is_over ? 0 : next;
  if (is_over) return std::nullopt;
  auto more = question();
  more.filter.before = next;
  return more;
}

void TopPage::failed(const std::string& why) {
  text_ = printable_lines(why);
  scroll_ = {};
  parts_ = {};
}

void TopPage::move_by(std::ptrdiff_t rows) {
  if (text_.empty()) return list_.move_by(rows);
  scroll_.move_by(rows, text_.size());
}

void TopPage::move_by_pages(std::ptrdiff_t pages) { move_by(pages * (text_.empty() ? list_.page() : scroll_.page())); }

std::string TopPage::title() const {
  switch (view_) {
    case TopView::queues:
      return list_.title("queues");
    case TopView::workers:
      return list_.title("workers");
    case TopView::task:
      return "task " + printable(about_);
    case TopView::tasks:
      break;
  }
  const auto* const noun = !has_older_                   ? "tasks"
                           : list_.total() >= kMaxListed ? "newest tasks"
                                                         : "tasks among the newest";
  return (about_.empty() ? "" : printable(about_) + ": ") + list_.title(noun);
}

std::vector<TopLine> TopPage::lines(std::size_t width, std::size_t height) {
  std::vector<TopLine> lines;
  if (text_.empty() && view_ != TopView::task) lines = list_.lines(width, height);
  for (std::size_t i = scroll_.show(text_.size(), height); i < text_.size() && lines.size() < height; ++i)
    lines.push_back({fitted(text_[i], width), TopLine::Style::plain});
  while (lines.size() < height) lines.push_back({std::string(width, ' '), TopLine::Style::plain});
  return lines;
}

}  // namespace forkmill::cli
