#include "client/cli/map/printer.h"

namespace forkmill::cli {

std::string tag_lines(std::string_view text, std::string_view tag) {
  std::string tagged;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    const auto length = line.size() + (line.size() < text.size() ? 1 : 0);
    tagged.append(tag).append("\t").append(text.substr(0, length));
    text.remove_prefix(length);
  }
  return tagged;
}

void Printer::emit(const Sink& sink, const std::string& text, const Row& args) const {
  if (text.empty()) return;
  if (!tag_) return sink(text);
  std::string tag;
  for (const auto& arg : args) tag += (tag.empty() ? "" : " ") + arg;
  sink(tag_lines(text, tag));
}

void Printer::print(const Ended& ended) const {
  emit(out_, ended.outcome.out, ended.job.args);
  emit(err_, ended.outcome.err, ended.job.args);
}

}  // namespace forkmill::cli
