// The web pages: files that are compiled into the program. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/web/http/message.h"

namespace forkmill::web {

struct PageFile {
  std::string_view name;
  std::string_view text;
  std::string_view gzip;  // the same, compressed
};

// The files of pages/files, and those that draw plots, which embed.cmake has written into the program.
std::span<const PageFile> page_files();

// The response to GET of a page, /static/FILE, or the address of a page, which is the same file for all; its body is
// compressed if that is allowed. Null: the path is none of these.
std::optional<Response> page_at(const std::vector<std::string>& path, bool may_compress);

}  // namespace forkmill::web
