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

void Printer::emit(const Sink& sink, const std::string& text, const std::string& tag) const {
  if (!text.empty()) sink(options_.tag ? tag_lines(text, tag) : text);
}

void Printer::print(const Ended& ended) const {
  if (options_.verbose) emit(out_, ended.job.command + "\n", ended.job.tag);
  emit(out_, ended.outcome.out, ended.job.tag);
  emit(err_, ended.outcome.err, ended.job.tag);
}

}  // namespace forkmill::cli
