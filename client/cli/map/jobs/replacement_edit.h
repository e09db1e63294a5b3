// ReplacementEdit: how a replacement string changes an argument, as in GNU parallel. Pure.
//
//   {}   unchanged                   {.}   without its extension
//   {/}  the file name               {//}  the directory            {/.}  the file name without its extension
//
// With --plus also:
//
//   {..} {...}       without two, three extensions        {/..} {/...}   the same of the file name
//   {+.} {+..} {+...}   the last one, two, three extensions   {+/}          the directory, empty if there is none
//   {%text} {#text}  without `text` at its end, at its beginning; also {%%text} {##text}
//   {/old/new} {//old/new}   with the first `old`, each `old` replaced
//   {/#old/new} {/%old/new}  with `old` at its beginning, at its end replaced
//   {^text} {^^text}         with `text` at its beginning, each `text` in capitals
//   {,text} {,,text}         the same in small letters
//   {:-text}         `text` if it is empty                {:N} {:N:M}    from byte N on, M bytes at most
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace forkmill::cli {

struct ReplacementEdit {
  enum class Kind {
    none,
    cut_extensions,
    base_name,
    base_name_cut_extensions,
    directory,
    parent,  // {+/}
    extensions,
    cut_end,
    cut_begin,
    replace_first,
    replace_all,
    replace_begin,
    replace_end,
    otherwise,
    range,
  };

  Kind kind = Kind::none;
  std::size_t count = 0;  // number of extensions; for a range: the first byte
  std::size_t most = std::string::npos;
  std::string text{};
  std::string with{};

  // Reads what stands between the braces, behind a position. Null: not an edit.
  static std::optional<ReplacementEdit> parse(std::string_view text, bool plus);

  std::string apply(std::string_view argument) const;
};

}  // namespace forkmill::cli
