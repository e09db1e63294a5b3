#include "client/web/http/failure.h"

#include <forkmill/errors.h>

#include <nlohmann/json.hpp>

namespace forkmill::web {

namespace {

unsigned status_of(Errc code) {
  switch (code) {
    case Errc::task_unknown:
    case Errc::object_unknown:
    case Errc::worker_unknown:
      return 404;
    case Errc::bad_request:
    case Errc::name_invalid:
    case Errc::option_out_of_range:
      return 400;
    case Errc::duplicate_task:
      return 409;
    case Errc::payload_too_large:
      return 413;
    case Errc::queue_full:
    case Errc::quota_exceeded:
      return 429;
    case Errc::disk_full:
    case Errc::memory_full:
    case Errc::disconnected:
    case Errc::client_closed:
    case Errc::timeout:
    case Errc::history_unavailable:
    case Errc::database_unavailable:
    case Errc::version_unsupported:
      return 503;
    default:
      return 502;
  }
}

}  // namespace

Response Failure::response() const { return {.status = status_, .body = json(2) + "\n"}; }

std::string Failure::line() const { return json(-1); }

std::string Failure::json(int indent) const {
  nlohmann::ordered_json error{{"code", code_}, {"message", what()}, {"fix", nullptr}};
  if (!fix_.empty()) error["fix"] = fix_;
  const nlohmann::ordered_json body{{"error", error}};
  return body.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Failure failure_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Failure& failure) {
    return failure;
  } catch (const Error& of_client) {
    return {status_of(of_client.code()), std::string{errc_name(of_client.code())}, of_client.what()};
  } catch (const std::exception& other) {
    return {500, "internal", other.what()};
  }
}

}  // namespace forkmill::web
