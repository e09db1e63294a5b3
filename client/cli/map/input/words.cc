#include "client/cli/map/input/words.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

bool is_mark(std::string_view word) { return word == ":::" || word == ":::+" || word == "::::" || word == "::::+"; }

void add(MapWords& split, std::string_view mark, std::vector<std::string> words) {
  const bool linked = mark.ends_with('+');
  const bool files = mark.starts_with("::::");
  if (linked && split.inputs.empty()) throw UsageError{std::string{mark} + " has no previous source to link to"};
  if (files && words.empty()) throw UsageError{std::string{mark} + " needs a file; - is standard input"};
  if (!files) return split.inputs.push_back({.file = false, .linked = linked, .words = std::move(words)});
  for (auto& name : words) split.inputs.push_back({.file = true, .linked = linked, .words = {std::move(name)}});
}

}  // namespace

MapWords split_words(const std::vector<std::string>& words) {
  MapWords split;
  auto at = std::find_if(words.begin(), words.end(), is_mark);
  split.command.assign(words.begin(), at);
  while (at != words.end()) {
    const auto next = std::find_if(at + 1, words.end(), is_mark);
    add(split, *at, {at + 1, next});
    at = next;
  }
  return split;
}

namespace {

// The words, separated at the delimiter unless it is a newline, which is a part of an argument like any other.
std::vector<std::string> separated(const std::vector<std::string>& words, const std::string& delimiter) {
  if (delimiter == "\n") return words;
  std::vector<std::string> parts;
  for (std::string_view rest : words) {
    for (auto at = rest.find(delimiter); at != std::string_view::npos; at = rest.find(delimiter)) {
      parts.emplace_back(rest.substr(0, at));
      rest.remove_prefix(at + delimiter.size());
    }
    parts.emplace_back(rest);
  }
  return parts;
}

}  // namespace

std::unique_ptr<Rows> open_inputs(const std::vector<Input>& inputs, const InputSyntax& syntax) {
  std::optional<ColumnSplitter> splitter;
  if (syntax.columns) splitter.emplace(*syntax.columns);
  const auto is_stdin = [](const Input& input) { return input.file && input.words[0] == "-"; };
  if (std::count_if(inputs.begin(), inputs.end(), is_stdin) > 1) {
    throw UsageError{"standard input is given twice as a source, but can be read only once"};
  }
  const auto open = std::make_shared<std::size_t>(inputs.size());
  std::vector<Rows::Group> groups;
  for (const auto& input : inputs.empty() ? std::vector<Input>{{.file = true, .words = {"-"}}} : inputs) {
    std::unique_ptr<Source> source;
    if (input.file)
      source = std::make_unique<LineSource>(input.words[0], syntax.delimiter);
    else
      source = std::make_unique<WordSource>(separated(input.words, syntax.delimiter));
    if (syntax.link)
      source = std::make_unique<RepeatedSource>(std::move(source), open);
    else if (inputs.size() > 1)
      source = std::make_unique<NonEmptySource>(std::move(source));
    if (groups.empty() || !(input.linked || syntax.link)) groups.emplace_back();
    groups.back().push_back(std::move(source));
  }
  return std::make_unique<Rows>(std::move(groups), std::move(splitter));
}

}  // namespace forkmill::cli
