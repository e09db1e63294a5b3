#include "client/cli/text/table.h"

#include <algorithm>
#include <cctype>

#include "proto/check.h"
#include "proto/printable.h"

namespace forkmill::cli {

namespace {

using Line = std::vector<std::string>;

std::string heading(const Column& column) {
  std::string text = column.title.empty() ? column.name : column.title;
  for (char& c : text) c = c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

void append_padded(std::string& out, const std::string& cell, std::size_t width, bool right, bool last) {
  const std::string blanks(width - text_width(cell), ' ');
  if (right) out += blanks;
  out += cell;
  if (!right && !last) out += blanks;
  out += last ? "\n" : "  ";
}

std::string align(const std::vector<Line>& lines, const std::vector<bool>& right) {
  std::vector<std::size_t> widths(right.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], text_width(line[i]));
  }
  std::string out;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      append_padded(out, line[i], widths[i], right[i], i + 1 == line.size());
    }
  }
  return out;
}

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
  if (text == "table") return Format::table;
  if (text == "wide") return Format::wide;
  if (text == "json") return Format::json;
  if (text == "jsonl") return Format::jsonl;
  return std::nullopt;
}

std::size_t text_width(std::string_view text) {
  // Each byte but the continuation bytes of UTF-8 (10xxxxxx) starts a character.
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string printable(std::string_view text) {
  std::string clean = proto::printable(text, proto::LineBreaks::shown);
  std::replace(clean.begin(), clean.end(), '\t', ' ');
  return clean;
}

void Table::add(std::vector<Cell> row) {
  FORKMILL_CHECK(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

nlohmann::ordered_json Table::object(const std::vector<Cell>& row) const {
  auto object = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < row.size(); ++i) object[columns_[i].name] = row[i].value;
  return object;
}

std::string Table::render_text(bool wide, bool headers) const {
  std::vector<bool> right;
  std::vector<Line> lines(rows_.size() + (headers ? 1 : 0));
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].wide && !wide) continue;
    right.push_back(columns_[i].right);
    std::size_t line = 0;
    if (headers) lines[line++].push_back(heading(columns_[i]));
    for (const auto& row : rows_) lines[line++].push_back(printable(row[i].text));
  }
  return align(lines, right);
}

std::string Table::render(Format format, bool headers) const {
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  if (format == Format::table || format == Format::wide) return render_text(format == Format::wide, headers);
  std::string lines;
  auto array = nlohmann::ordered_json::array();
  for (const auto& row : rows_) {
    if (format == Format::jsonl)
      lines += object(row).dump(-1, ' ', false, kReplace) + "\n";
    else
      array.push_back(object(row));
  }
  return format == Format::jsonl ? lines : array.dump(2, ' ', false, kReplace) + "\n";
}

}  // namespace forkmill::cli
