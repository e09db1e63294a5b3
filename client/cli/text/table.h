// The output of commands: rows with named columns, rendered from the same cells as a table for people or as JSON for
// programs.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkmill::cli {

enum class Format { table, wide, json, jsonl };

// Reads "table", "wide", "json" or "jsonl". Null: any other text.
std::optional<Format> parse_format(std::string_view text);

struct Column {
  std::string name;     // the key in JSON, and in upper case the heading
  std::string title{};  // the heading, if it differs from the name
  bool wide = false;    // shown in `wide` and JSON only, not in `table`
  bool right = false;   // aligned to the right, for numbers
};

// A value for programs, and its text for people.
struct Cell {
  nlohmann::ordered_json value;
  std::string text;

  // Implicit, so that a row can be written as a list of values.
  Cell(const std::string& same) : value(same), text{same} {}  // NOLINT(google-explicit-constructor)
  Cell(nlohmann::ordered_json for_programs, std::string for_people)
      : value(std::move(for_programs)), text{std::move(for_people)} {}
  // NOLINTBEGIN(google-explicit-constructor)
  template <class Number>
  requires std::is_arithmetic_v<Number> Cell(Number number) : value(number), text{value.dump()} {}
  // NOLINTEND(google-explicit-constructor)
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

  // REQUIRES: `row` has a cell for each column.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  // Renders json as one indented array of objects, jsonl as one object per line. The result ends in a newline unless it
  // is empty. Tables show control characters as escapes, so that a name can neither forge lines nor control the
  // terminal.
  std::string render(Format format, bool headers) const;

 private:
  std::string render_text(bool wide, bool headers) const;
  nlohmann::ordered_json object(const std::vector<Cell>& row) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// The columns of `text` on a terminal; each UTF-8 character counts as one.
std::size_t text_width(std::string_view text);

// Returns the text on one line, with escapes for what could control a terminal (proto/printable.h).
std::string printable(std::string_view text);

}  // namespace forkmill::cli
