#include "proto/transport/joining/join.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "proto/names.h"
#include "proto/os/descriptor.h"
#include "proto/os/host.h"
#include "proto/transport/joining/question.h"
#include "proto/transport/keys/invitation.h"

namespace forkmill::proto {

namespace {

namespace fs = std::filesystem;

// The invitation, and the key that was made for it, are of no use any more. An unknown invitation may be known later,
// or to another broker.
constexpr std::array kFinal{Errc::invitation_spent, Errc::invitation_expired, Errc::invitation_revoked};
constexpr milliseconds kPatienceWithEach{5000};  // for each of several brokers, when one does not know the invitation

Failure cannot_use(const std::string& path, const std::string& why) {
  return {Errc::option_out_of_range, "cannot use " + path + ": " + why};
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

// Makes the names in the folder of `path` as safe as the file system makes it.
void sync_folder(const std::string& path) {
  const std::string folder = fs::absolute(path).parent_path();
  const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (opened) ::fsync(opened.get());
}

// Gives the file `from` the name `to` as well, unless there is one.
Status add_name(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0 || errno == EEXIST) return {};
  return cannot_use(to, std::strerror(errno));
}

// Reads the file of a key of this invitation.
Result<ConnectionFile> read_of(const Invitation& invitation, const std::string& path) {
  auto file = read_connection_file(path);
  if (!file.ok() || file->invitation == invitation_id(invitation.own.public_key)) return file;
  return cannot_use(path, "its key has come of another invitation, and keys are never overwritten; give another file");
}

// Makes a key in `path`, whole or not at all, unless there is one.
Status make_own_key(const Invitation& invitation, const std::string& path) {
  if (exists(path)) return {};
  const KeyPair own = make_key_pair();
  const std::string fresh = path + "." + invitation_id(own.public_key);
  auto status = create_key_file(fresh, 0600, connection_file(invitation, own.secret_key));
  if (status.ok()) status = add_name(fresh, path);
  ::unlink(fresh.c_str());
  sync_folder(path);
  return status;
}

// Asks the brokers at `endpoints` to enrol the key. Fails with invitation_unknown if the one that answers first does
// not know the invitation.
Status enrol_at(const std::string& endpoints, std::optional<milliseconds> patience, const JoinRequest& request,
                const Invitation& invitation, const Key& own) {
  constexpr std::uint64_t nonce = 1;  // the connection is for this question alone
  const auto answers = [](const Message& message) {
    const auto* enrolled = std::get_if<Enrolled>(&message);
    return enrolled != nullptr && enrolled->nonce == nonce;
  };
  auto answer = ask({endpoints, CurveKeys{invitation.broker, invitation.own}, Enrol{nonce, to_string(own), host_name()},
                     answers, patience, request.note});
  if (answer.code() == Errc::not_permitted) return {Errc::invitation_unknown, answer.failure().text};
  if (!answer.ok()) return answer.failure();
  const auto& enrolled = std::get<Enrolled>(answer.value());
  return enrolled.code == Errc::ok ? Status{} : Status{enrolled.code, enrolled.text};
}

// Has a broker enrol the key. A broker that does not know the invitation may be one that lags behind the others, so
// that each of several is asked. Fails with invitation_unknown, and who was asked, if none knows it.
Status enrol(const JoinRequest& request, const Invitation& invitation, const Key& own) {
  Status first = enrol_at(invitation.endpoints, request.patience, request, invitation, own);
  if (first.code() != Errc::invitation_unknown) return first;
  const auto brokers = split_endpoints(invitation.endpoints);
  const std::string id = " this invitation (" + invitation_id(invitation.own.public_key) + ")";
  if (brokers.size() == 1)
    return {Errc::invitation_unknown, "the broker at " + invitation.endpoints + " does not know" + id};
  const milliseconds patience = std::min(request.patience.value_or(kPatienceWithEach), kPatienceWithEach);
  std::string silent;
  for (const std::string& one : brokers) {
    auto status = enrol_at(one, patience, request, invitation, own);
    if (status.code() == Errc::disconnected)
      silent += (silent.empty() ? "" : ", ") + one;
    else if (status.code() != Errc::invitation_unknown)
      return status;
  }
  if (silent.empty())
    return {Errc::invitation_unknown, "none of the brokers at " + invitation.endpoints + " knows" + id};
  return {Errc::invitation_unknown, "the brokers of " + invitation.endpoints + " that answer do not know" + id +
                                        ", and no broker answers at " + silent + ", which may know it"};
}

Status make_folder(const std::string& folder) {
  std::error_code failure;
  fs::create_directories(fs::path{folder}.parent_path(), failure);
  if (fs::create_directory(folder, failure)) fs::permissions(folder, fs::perms::owner_all, failure);
  return failure ? Status{cannot_use(folder, failure.message())} : Status{};
}

Status join_with_new_key(const JoinRequest& request, const Invitation& invitation, const std::string& file) {
  const std::string pending = file + ".joining";
  if (auto status = make_own_key(invitation, pending); !status.ok()) return status;
  if (const auto kept = read_of(invitation, pending); !kept.ok()) return kept.failure();
  const auto own = read_key_pair(pending);
  if (!own.ok()) return own.failure();
  auto status = enrol(request, invitation, own->public_key);
  if (status.ok()) status = add_name(pending, file);
  if (status.ok() || std::ranges::find(kFinal, status.code()) != kFinal.end()) ::unlink(pending.c_str());
  sync_folder(file);
  if (status.code() != Errc::invitation_unknown) return status;
  return {
      status.code(),
      status.failure().text +
          ": if it was made just now, or the broker that has made it does not answer now, repeat this with the same "
          "line when that does, for which " +
          pending +
          " keeps its key; if it was revoked, or has expired more than a week ago, have another one made with "
          "`forkmill invite`, and remove that file"};
}

}  // namespace

std::string joined_folder() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return value == nullptr ? "" : value;
  };
  const std::string config = variable("XDG_CONFIG_HOME");
  if (config.starts_with('/')) return config + "/forkmill/joined";
  const std::string home = variable("HOME");
  return home.starts_with('/') ? home + "/.config/forkmill/joined" : "";
}

Result<Joined> join(const JoinRequest& request) {
  const auto invitation = parse_invitation(request.invitation);
  if (!invitation.ok()) return invitation.failure();
  std::string file = request.file;
  if (file.empty()) {
    const std::string folder = joined_folder();
    if (folder.empty()) return Failure{Errc::option_out_of_range, "there is no home directory for the key: set HOME"};
    if (auto status = make_folder(folder); !status.ok()) return std::move(status).failure();
    file = folder + "/" + invitation_id(invitation->own.public_key) + ".key";
  }
  const bool is_new = !exists(file);
  if (is_new) {
    auto status = join_with_new_key(request, invitation.value(), file);
    // Another process may have joined meanwhile.
    if (!status.ok() && !exists(file)) return std::move(status).failure();
  }
  auto kept = read_of(invitation.value(), file);
  if (!kept.ok()) return kept.failure();
  return Joined{file, kept->endpoints, is_new};
}

}  // namespace forkmill::proto
