#include "client/cli/map/words.h"

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

Rows open_inputs(const std::vector<Input>& inputs, char delimiter, const std::optional<std::string>& columns) {
  std::optional<ColumnSplitter> splitter;
  if (columns) splitter.emplace(*columns);
  if (std::count_if(inputs.begin(), inputs.end(), [](auto& input) { return input.file && input.words[0] == "-"; }) >
      1) {
    throw UsageError{"standard input is given twice as a source, but can be read only once"};
  }
  std::vector<Rows::Group> groups;
  for (const auto& input : inputs.empty() ? std::vector<Input>{{.file = true, .words = {"-"}}} : inputs) {
    std::unique_ptr<Source> source;
    if (input.file)
      source = std::make_unique<LineSource>(input.words[0], delimiter);
    else
      source = std::make_unique<WordSource>(input.words);
    if (!input.linked) groups.emplace_back();
    groups.back().push_back(std::move(source));
  }
  return Rows{std::move(groups), std::move(splitter)};
}

}  // namespace forkmill::cli
