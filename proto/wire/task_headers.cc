#include "proto/wire/task_headers.h"

#include <algorithm>

#include "proto/limits.h"

namespace forkmill::proto {

namespace {

bool is_header_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= limits::kMaxName && std::all_of(name.begin(), name.end(), fits);
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; });
}

// Removes a line from the front of `lines`.
std::string_view pop_line(std::string_view& lines) {
  const auto line = lines.substr(0, lines.find('\n'));
  lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  return line;
}

}  // namespace

Status check_headers(const TaskHeaders& headers) {
  if (headers.size() > limits::kMaxHeaders)
    return {Errc::option_out_of_range, std::to_string(headers.size()) + " headers; at most " +
                                           std::to_string(limits::kMaxHeaders) + " are allowed"};
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto& [name, value] = headers[i];
    if (!is_header_name(name)) return {Errc::name_invalid, "header name '" + name + "'"};
    if (i > 0 && headers[i - 1].name >= name)
      return {Errc::name_invalid, "header '" + name + "' does not follow in the order of names, or is there twice"};
    if (has_control_characters(value))
      return {Errc::name_invalid, "the value of header '" + name + "' has control characters"};
  }
  if (const std::size_t bytes = header_bytes(headers); bytes > limits::kMaxHeaderBytes)
    return {Errc::option_out_of_range, "headers have " + std::to_string(bytes) + " bytes; at most " +
                                           std::to_string(limits::kMaxHeaderBytes) + " are allowed"};
  return {};
}

std::string_view header(const TaskHeaders& headers, std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const TaskHeader& one) { return one.name == name; });
  return found == headers.end() ? std::string_view{} : found->value;
}

std::string header_lines(const TaskHeaders& headers) {
  std::string lines;
  for (const auto& [name, value] : headers) lines.append(name).append("\n").append(value).append("\n");
  return lines;
}

TaskHeaders headers_in(std::string_view lines) {
  TaskHeaders headers;
  while (!lines.empty()) {
    const auto name = pop_line(lines);
    headers.push_back({std::string{name}, std::string{pop_line(lines)}});
  }
  return headers;
}

}  // namespace forkmill::proto
