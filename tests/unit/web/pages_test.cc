#include "client/web/pages/pages.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace forkmill::web::pages_test {
namespace {

TEST_CASE("the addresses of pages lead to the same file") {
  const auto shell = page_at({}, false);
  REQUIRE(shell);
  CHECK(shell->type == "text/html; charset=utf-8");
  for (const auto& path : std::vector<std::vector<std::string>>{{"queues"},
                                                                {"tasks"},
                                                                {"tasks", "0190"},
                                                                {"dead"},
                                                                {"errors"},
                                                                {"workers"},
                                                                {"objects"},
                                                                {"objects", "a/b"},
                                                                {"audit"}})
    CHECK(page_at(path, false)->body == shell->body);
  for (const auto& path : std::vector<std::vector<std::string>>{{"api"},
                                                                {"static"},
                                                                {"static", "none.js"},
                                                                {"static", "..", "pages.h"},
                                                                {"static", "../pages.h"},
                                                                {"queues", "a"}})
    CHECK(!page_at(path, false));
}

TEST_CASE("pages may run scripts of this gateway alone, and have none in their text") {
  const auto shell = page_at({}, false);
  const auto is_policy = [](const auto& header) { return header.first == "Content-Security-Policy"; };
  const auto policy = std::find_if(shell->headers.begin(), shell->headers.end(), is_policy);
  REQUIRE(policy != shell->headers.end());
  CHECK(policy->second.find("unsafe") == std::string::npos);
  CHECK(policy->second.find("script-src 'self'") != std::string::npos);
  for (std::size_t at = 0; (at = shell->body.find("<script", at)) != std::string::npos; ++at)
    CHECK(shell->body.substr(at).starts_with("<script type=\"module\" src=\"/static/"));
}

TEST_CASE("every file that a page names is there, and no script makes markup of texts") {
  std::size_t bytes = 0;
  for (const auto& file : page_files()) {
    const auto text = file.text;
    bytes += file.gzip.size();
    CHECK(page_at({"static", std::string{file.name}}, false)->body == text);
    for (const char* sink : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "style=\""})
      CHECK_MESSAGE(text.find(sink) == std::string_view::npos, file.name);
    for (const char* mark : {"from \"./", "import(\"./", "\"/static/"}) {
      for (std::size_t at = 0; (at = text.find(mark, at)) != std::string_view::npos;) {
        at += std::string_view{mark}.size();
        const std::string named{text.substr(at, text.find('"', at) - at)};
        CHECK_MESSAGE(page_at({"static", named}, false), named);
      }
    }
  }
  CHECK(bytes < 100 * 1024);
}

TEST_CASE("a file is compressed for those that take it, and says so") {
  const auto header = [](const Response& response, std::string_view name) {
    const auto is_it = [&](const auto& one) { return one.first == name; };
    const auto found = std::find_if(response.headers.begin(), response.headers.end(), is_it);
    return found == response.headers.end() ? std::string{} : found->second;
  };
  for (const auto& path : std::vector<std::vector<std::string>>{{}, {"static", "main.js"}, {"static", "style.css"}}) {
    const auto plain = page_at(path, false);
    const auto small = page_at(path, true);
    CHECK(header(*plain, "Content-Encoding").empty());
    CHECK(header(*small, "Content-Encoding") == "gzip");
    CHECK(small->body.starts_with("\x1f\x8b"));
    CHECK(small->body.size() < plain->body.size());
    CHECK(small->type == plain->type);
    for (const char* name : {"Vary", "Cache-Control", "Content-Security-Policy"}) {
      CHECK(!header(*plain, name).empty());
      CHECK(header(*small, name) == header(*plain, name));
    }
  }
  CHECK(!page_at({"static", "none.js"}, true));
}

}  // namespace
}  // namespace forkmill::web::pages_test
