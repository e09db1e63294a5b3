#include "client/cli/top/model.h"

#include <array>
#include <utility>

namespace forkmill::cli {

namespace {

using Kind = TopKey::Kind;
using Style = TopLine::Style;

constexpr std::array kHelp{
    "j k, arrows         select a row",
    "g G, PgUp PgDn      to the first, the last row; by pages",
    "Enter l             open: queue, task",
    "h, Esc, Backspace   back",
    "1 2 3               queues, tasks of all queues, workers",
    "Tab                 workers, and back to queues",
    "/                   show rows with a text only",
    "s S                 sort by the next column; reversed",
    "x                   cancel the task",
    "d                   drain the worker: it finishes what runs, and ends",
    "r                   ask the broker now",
    "q                   quit",
};
std::string short_id(const std::string& id) {
  constexpr std::size_t kShown = 23;
  return printable(id.substr(0, kShown));
}

}  // namespace

std::vector<Query> TopModel::wanted() const {
  std::vector<Query> all{Query{.kind = QueryKind::status}};
  if (!pages_.back().awaits_part()) all.push_back(pages_.back().question());
  return all;
}

std::optional<Query> TopModel::told(const Query& query, const Json& body, std::int64_t now_ms) {
  if (query.kind == QueryKind::status) status_.told(body, now_ms);
  return page().asks(query) ? page().told(query, body, now_ms) : std::nullopt;
}

void TopModel::failed(const Query& query, const std::string& why) {
  if (page().asks(query)) page().failed(why);
}

TopOrder TopModel::press(const TopKey& key) {
  constexpr std::ptrdiff_t kAll = 1'000'000'000;
  TopOrder order;
  const bool was_typing = prompt_.is_typing();
  if (prompt_.press(key, order)) {
    if (was_typing) page().list().set_filter(prompt_.typed());
    return order;
  }
  switch (key.kind) {
    case Kind::up:
      page().move_by(-1);
      return {};
    case Kind::down:
      page().move_by(1);
      return {};
    case Kind::page_up:
      page().move_by_pages(-1);
      return {};
    case Kind::page_down:
      page().move_by_pages(1);
      return {};
    case Kind::home:
      page().move_by(-kAll);
      return {};
    case Kind::end:
      page().move_by(kAll);
      return {};
    case Kind::enter:
    case Kind::right:
      return drill_in();
    case Kind::escape:
    case Kind::backspace:
    case Kind::left:
      return back();
    case Kind::tab:
      return show_only(page().view() == TopView::workers ? TopView::queues : TopView::workers);
    case Kind::character:
      break;
  }
  return press_character(key.character);
}

TopOrder TopModel::press_character(char32_t character) {
  switch (character) {
    case U'q':
      return {TopOrder::Kind::quit};
    case U'r':
      return {TopOrder::Kind::refresh};
    case U'j':
      return press({Kind::down});
    case U'k':
      return press({Kind::up});
    case U'h':
      return back();
    case U'l':
      return drill_in();
    case U'g':
      return press({Kind::home});
    case U'G':
      return press({Kind::end});
    case 6:  // Ctrl-F
      return press({Kind::page_down});
    case 2:  // Ctrl-B
      return press({Kind::page_up});
    case U'1':
      return show_only(TopView::queues);
    case U'2':
      return show_only(TopView::tasks);
    case U'3':
      return show_only(TopView::workers);
    case U's':
      page().list().sort_by_next();
      return {};
    case U'S':
      page().list().reverse();
      return {};
    case U'/':
      if (page().view() != TopView::task) prompt_.type_filter(page().list().filter());
      return {};
    case U'?':
      prompt_.show_help();
      return {};
    case U'x':
      ask_to_cancel();
      return {};
    case U'd':
      ask_to_drain();
      return {};
    default:
      return {};
  }
}

TopOrder TopModel::show_only(TopView view) {
  pages_.clear();
  pages_.emplace_back(view);
  return {TopOrder::Kind::refresh};
}

TopOrder TopModel::drill_in() {
  const bool has_more = page().view() == TopView::queues || page().view() == TopView::tasks;
  const std::string selected = page().selected();
  if (!has_more || selected.empty()) return {};
  page().leave();
  pages_.emplace_back(page().view() == TopView::queues ? TopView::tasks : TopView::task, selected);
  return {TopOrder::Kind::refresh};
}

TopOrder TopModel::back() {
  if (pages_.size() == 1) return {};
  pages_.pop_back();
  return {TopOrder::Kind::refresh};
}

void TopModel::ask_to_cancel() {
  const bool has_tasks = page().view() == TopView::task || page().view() == TopView::tasks;
  const auto& id = page().selected();
  if (!has_tasks || id.empty()) return say("select a task to cancel it");
  prompt_.ask({TopOrder::Kind::cancel_task, id}, "Cancel task " + short_id(id) + "? y/N");
}

void TopModel::ask_to_drain() {
  const auto& name = page().selected();
  if (page().view() != TopView::workers || name.empty()) return say("select a worker to drain it");
  prompt_.ask({TopOrder::Kind::drain_worker, name}, "Drain worker " + printable(name) + "? y/N");
}

std::vector<TopLine> TopModel::draw(std::size_t width, std::size_t height) {
  std::vector<TopLine> lines;
  if (width < kMinWidth || height < kMinHeight) {
    constexpr std::array kWords{"too small:", "top needs", "20x5"};
    for (std::size_t i = 0; i < height; ++i)
      lines.push_back({fitted(i < kWords.size() ? kWords[i] : "", width), Style::plain});
    return lines;
  }
  constexpr std::size_t kRoomForTitle = 8;  // lines of the screen
  lines.push_back({fitted(status_.text(), width), status_.is_alarming() ? Style::alert : Style::status});
  if (height >= kRoomForTitle) lines.push_back({fitted(page().title(), width), Style::heading});
  const std::size_t room = height - lines.size() - 1;
  if (prompt_.shows_help()) {
    for (std::size_t i = 0; i < room; ++i)
      lines.push_back({fitted(i < kHelp.size() ? kHelp[i] : "", width), Style::plain});
  } else {
    for (auto& line : page().lines(width, room)) lines.push_back(std::move(line));
  }
  lines.push_back({fitted(prompt_.text(width), width), Style::prompt});
  return lines;
}

}  // namespace forkmill::cli
