#include "client/cli/map/jobs/replacement_edit.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace forkmill::cli {

namespace {

using EditKind = ReplacementEdit::Kind;

struct FixedEdit {
  std::string_view text;
  EditKind kind;
  std::size_t count;
};
constexpr std::array kEdits{FixedEdit{"", EditKind::none, 0}, FixedEdit{".", EditKind::cut_extensions, 1},
                            FixedEdit{"/", EditKind::base_name, 0}, FixedEdit{"//", EditKind::directory, 0},
                            FixedEdit{"/.", EditKind::base_name_cut_extensions, 1}};
constexpr std::array kPlusEdits{FixedEdit{"..", EditKind::cut_extensions, 2},
                                FixedEdit{"...", EditKind::cut_extensions, 3},
                                FixedEdit{"/..", EditKind::base_name_cut_extensions, 2},
                                FixedEdit{"/...", EditKind::base_name_cut_extensions, 3},
                                FixedEdit{"+/", EditKind::parent, 0},
                                FixedEdit{"+.", EditKind::extensions, 1},
                                FixedEdit{"+..", EditKind::extensions, 2},
                                FixedEdit{"+...", EditKind::extensions, 3}};

template <class Table>
std::optional<ReplacementEdit> find_fixed(const Table& table, std::string_view text) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const FixedEdit& one) { return one.text == text; });
  if (found == table.end()) return std::nullopt;
  return ReplacementEdit{.kind = found->kind, .count = found->count};
}

// "a/b.tar.gz" gives the position of ".gz". As in GNU parallel, that of ".rc" is 0.
std::size_t extension_of(std::string_view path) {
  const auto mark = path.find_last_of("./");
  if (mark == std::string_view::npos || path[mark] == '/' || mark + 1 == path.size()) return path.size();
  return mark;
}

std::string_view without_extensions(std::string_view path, std::size_t count) {
  for (; count > 0; --count) path = path.substr(0, extension_of(path));
  return path;
}

std::string_view extensions(std::string_view path, std::size_t count) {
  const auto rest = without_extensions(path, count);
  return rest.size() == path.size() ? "" : path.substr(rest.size() + 1);
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view strip_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

// Like dirname(1): "a/b" gives "a", "b" and "b/" give ".", "/b" gives "/".
std::string_view directory_name(std::string_view path) {
  path = strip_slashes(path);
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : strip_slashes(path.substr(0, slash));
}

std::string replaced(std::string_view argument, std::string_view from, std::string_view to, bool all) {
  std::string result;
  for (auto at = argument.find(from); at != std::string_view::npos; at = argument.find(from)) {
    result.append(argument.substr(0, at)).append(to);
    argument.remove_prefix(at + from.size());
    if (!all) break;
  }
  return result.append(argument);
}

bool read_count(std::string_view text, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// ":3" or ":3:5".
std::optional<ReplacementEdit> parse_range(std::string_view text) {
  ReplacementEdit edit{.kind = EditKind::range};
  const auto colon = text.find(':', 1);
  if (!read_count(text.substr(1, colon - 1), edit.count)) return std::nullopt;
  if (colon != std::string_view::npos && !read_count(text.substr(colon + 1), edit.most)) return std::nullopt;
  return edit;
}

EditKind replace_kind(std::string_view text) {
  if (text.starts_with("//")) return EditKind::replace_all;
  if (text.starts_with("/#")) return EditKind::replace_begin;
  return text.starts_with("/%") ? EditKind::replace_end : EditKind::replace_first;
}

// "/old/new", "//old/new", "/#old/new" or "/%old/new".
std::optional<ReplacementEdit> parse_replace(std::string_view text) {
  ReplacementEdit edit{.kind = replace_kind(text)};
  text.remove_prefix(edit.kind == EditKind::replace_first ? 1 : 2);
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  edit.text = text.substr(0, slash);
  edit.with = text.substr(slash + 1);
  return edit;
}

// "^text", "^^text", ",text" or ",,text": a replacement by the same text in the other case. Letters beyond ASCII stay.
ReplacementEdit parse_case(std::string_view text) {
  const bool all = text.size() > 2 && text[0] == text[1];
  const auto letters = text.substr(all ? 2 : 1);
  ReplacementEdit edit{.kind = all ? EditKind::replace_all : EditKind::replace_begin, .text = std::string{letters}};
  for (const char c : letters) {
    const bool turns = text[0] == '^' ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
    edit.with += turns ? static_cast<char>(c ^ ('a' ^ 'A')) : c;
  }
  return edit;
}

// "%text", "%%text", "#text" or "##text". The doubled ones are greedy expressions in GNU parallel, and the same for a
// literal text.
std::string_view cut_text(std::string_view text) {
  const bool doubled = text.size() > 2 && text[0] == text[1];
  return text.substr(doubled ? 2 : 1);
}

std::optional<ReplacementEdit> parse_text(std::string_view text) {
  if (text.starts_with(":-")) return ReplacementEdit{.kind = EditKind::otherwise, .text = std::string{text.substr(2)}};
  if (text.starts_with(':')) return parse_range(text);
  if (text.starts_with('/')) return parse_replace(text);
  if (text.size() < 2 || text.find_first_of("{}") != std::string_view::npos) return std::nullopt;
  if (text[0] == '^' || text[0] == ',') return parse_case(text);
  if (text == "##") return std::nullopt;
  if (text[0] == '%') return ReplacementEdit{.kind = EditKind::cut_end, .text = std::string{cut_text(text)}};
  if (text[0] == '#') return ReplacementEdit{.kind = EditKind::cut_begin, .text = std::string{cut_text(text)}};
  return std::nullopt;
}

}  // namespace

std::optional<ReplacementEdit> ReplacementEdit::parse(std::string_view text, bool plus) {
  if (auto edit = find_fixed(kEdits, text)) return edit;
  if (!plus) return std::nullopt;
  if (auto edit = find_fixed(kPlusEdits, text)) return edit;
  return parse_text(text);
}

std::string ReplacementEdit::apply(std::string_view argument) const {
  switch (kind) {
    case Kind::none:
      break;
    case Kind::cut_extensions:
      return std::string{without_extensions(argument, count)};
    case Kind::base_name:
      return std::string{base_name(argument)};
    case Kind::base_name_cut_extensions:
      return std::string{without_extensions(base_name(argument), count)};
    case Kind::directory:
      return std::string{directory_name(argument)};
    case Kind::parent:
      return std::string{argument.substr(0, argument.rfind('/') == std::string_view::npos ? 0 : argument.rfind('/'))};
    case Kind::extensions:
      return std::string{extensions(argument, count)};
    case Kind::cut_end:
      return std::string{argument.substr(0, argument.size() - (argument.ends_with(text) ? text.size() : 0))};
    case Kind::cut_begin:
      return std::string{argument.substr(argument.starts_with(text) ? text.size() : 0)};
    case Kind::replace_first:
    case Kind::replace_all:
      return replaced(argument, text, with, kind == Kind::replace_all);
    case Kind::replace_begin:
      return argument.starts_with(text) ? with + std::string{argument.substr(text.size())} : std::string{argument};
    case Kind::replace_end:
      return argument.ends_with(text) ? std::string{argument.substr(0, argument.size() - text.size())} + with
                                      : std::string{argument};
    case Kind::otherwise:
      return argument.empty() ? text : std::string{argument};
    case Kind::range:
      return std::string{argument.substr(std::min(count, argument.size()), most)};
  }
  return std::string{argument};
}

}  // namespace forkmill::cli
