#include "client/web/pages/pages.h"

#include <algorithm>

namespace forkmill::web {

namespace {

constexpr std::string_view kShell = "index.html";

// Scripts and styles come from this gateway alone, and scripts cannot turn text into markup.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const char* type_of(std::string_view name) {
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/html; charset=utf-8";
}

std::optional<Response> file(std::string_view name, bool may_compress) {
  const auto files = page_files();
  const auto at = std::find_if(files.begin(), files.end(), [&](const PageFile& one) { return one.name == name; });
  if (at == files.end()) return std::nullopt;
  Response response{.body = std::string{may_compress ? at->gzip : at->text},
                    .type = type_of(name),
                    .headers = {{"Content-Security-Policy", kPolicy}, {"Cache-Control", "no-cache"}},
                    .events = nullptr};
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (may_compress) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

bool is_page(const std::vector<std::string>& path) {
  if (path.empty()) return true;
  if (path.size() == 2) return path[0] == "tasks" || path[0] == "objects";
  constexpr std::string_view kPages[] = {"queues", "tasks", "dead", "errors", "workers", "objects", "audit"};
  return path.size() == 1 && std::find(std::begin(kPages), std::end(kPages), path[0]) != std::end(kPages);
}

}  // namespace

std::optional<Response> page_at(const std::vector<std::string>& path, bool may_compress) {
  if (is_page(path)) return file(kShell, may_compress);
  return path.size() == 2 && path[0] == "static" ? file(path[1], may_compress) : std::nullopt;
}

}  // namespace forkmill::web
