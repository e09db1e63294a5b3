#include "client/cli/report/charts.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "client/cli/report/page.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

constexpr double kWidth = 1000;  // the part of a chart that shows the time
constexpr double kNameWidth = 180;
constexpr double kBarHeight = 120;
constexpr double kLineHeight = 14;
constexpr double kNarrowest = 1;  // a box, so that a short task can be seen

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string box(const char* kind, double x, double y, double width, double height, const std::string& title = "") {
  auto html = std::string{"<rect class=\""} + kind + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" +
              number(width) + "\" height=\"" + number(height) + "\"";
  return html + (title.empty() ? "/>" : "><title>" + html_text(title) + "</title></rect>");
}

std::string figure(double width, double height, const std::string& label, const std::string& content,
                   const std::string& caption) {
  return "<figure><svg viewBox=\"0 0 " + number(width) + " " + number(height) + "\" role=\"img\" aria-label=\"" +
         html_text(label) + "\">\n" + content + "</svg><figcaption>" + html_text(caption) + "</figcaption></figure>\n";
}

// Tasks of one line that are drawn as one box.
struct Box {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::size_t tasks = 0;
  bool failed = false;
  const TaskFacts* only = nullptr;

  std::string title() const {
    const auto time = format_duration(static_cast<double>(to_ms - from_ms) / 1000);
    if (tasks > 1) return format_count(tasks, "task") + " in " + time + (failed ? ", some not succeeded" : "");
    const auto& what = only->command.empty() ? only->name : only->command;
    return what.substr(0, what.find('\n')) + ", " + only->state + " after " + time;
  }
};

std::vector<Box> boxes_of(const Line& line, double ms_per_unit) {
  std::vector<Box> boxes;
  for (const auto* task : line.tasks) {
    const bool failed = task->state != "succeeded";
    const auto gap = boxes.empty() ? 0.0 : static_cast<double>(task->started_ms - boxes.back().to_ms);
    const auto length = static_cast<double>(task->finished_ms - task->started_ms);
    const bool is_narrow = !boxes.empty() && gap < ms_per_unit / 2 && length < 2 * ms_per_unit;
    if (!is_narrow || boxes.back().failed != failed)
      boxes.push_back({task->started_ms, task->finished_ms, 0, failed, task});
    auto& last = boxes.back();
    last.to_ms = std::max(last.to_ms, task->finished_ms);
    ++last.tasks;
  }
  return boxes;
}

}  // namespace

std::string bar_chart(const Ends& ends) {
  std::size_t most = 1;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < ends.succeeded.size(); ++i) {
    most = std::max(most, ends.succeeded[i] + ends.failed[i]);
    failed += ends.failed[i];
  }
  const double width = kWidth / static_cast<double>(std::max<std::size_t>(ends.succeeded.size(), 1));
  std::string bars;
  for (std::size_t i = 0; i < ends.succeeded.size(); ++i) {
    const auto height = [&](std::size_t count) {
      return kBarHeight * static_cast<double>(count) / static_cast<double>(most);
    };
    const auto x = width * static_cast<double>(i);
    const auto good = height(ends.succeeded[i]);
    const auto bad = height(ends.failed[i]);
    if (good > 0)
      bars += box("ok", x, kBarHeight - good, width - 1, good, std::to_string(ends.succeeded[i]) + " succeeded") + "\n";
    if (bad > 0)
      bars +=
          box("bad", x, kBarHeight - good - bad, width - 1, bad, std::to_string(ends.failed[i]) + " not succeeded") +
          "\n";
  }
  const auto caption = "Tasks that ended, in " + std::to_string(ends.succeeded.size()) +
                       " parts of the time: at most " + std::to_string(most) + " in one; " + std::to_string(failed) +
                       " have not succeeded (outlined)";
  return figure(kWidth, kBarHeight, caption, bars, caption);
}

std::string timeline_chart(const std::vector<Line>& lines, std::int64_t from_ms, std::int64_t to_ms) {
  const auto ms_per_unit = static_cast<double>(std::max<std::int64_t>(to_ms - from_ms, 1)) / kWidth;
  std::string content;
  double y = 0;
  const std::string* worker = nullptr;
  for (const auto& line : lines) {
    content += box("row", kNameWidth, y + 1, kWidth, kLineHeight - 2) + "\n";
    if (worker == nullptr || *worker != line.worker)
      content += "<text x=\"0\" y=\"" + number(y + kLineHeight - 3) + "\">" + html_text(line.worker) + "</text>\n";
    worker = &line.worker;
    for (const auto& one : boxes_of(line, ms_per_unit)) {
      const auto x = [&](std::int64_t at) {
        return kNameWidth + std::clamp(static_cast<double>(at - from_ms) / ms_per_unit, 0.0, kWidth);
      };
      const auto width = std::max(x(one.to_ms) - x(one.from_ms), kNarrowest);
      content += box(one.failed ? "bad" : "ok", x(one.from_ms), y + 2, width, kLineHeight - 4, one.title()) + "\n";
    }
    y += kLineHeight;
  }
  const auto caption = format_count(lines.size(), "process") + ", from " + format_time(from_ms) + " to " +
                       format_time(to_ms) + "; tasks that have not succeeded are outlined";
  return figure(kNameWidth + kWidth, y, caption, content, caption);
}

}  // namespace forkmill::cli
