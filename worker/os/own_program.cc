#include "worker/os/own_program.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

namespace forkmill::worker {

namespace {

std::unique_ptr<OwnProgram>& noted_program() {
  static std::unique_ptr<OwnProgram> program;
  return program;
}

}  // namespace

OwnProgram::OwnProgram() : pid_{::getpid()} {
  std::error_code none;
  path_ = std::filesystem::read_symlink("/proc/self/exe", none).string();
  std::ifstream words{"/proc/self/cmdline", std::ios::binary};
  for (std::string word; std::getline(words, word, '\0');) arguments_.push_back(word);
}

void OwnProgram::note() { noted_program() = std::unique_ptr<OwnProgram>{new OwnProgram}; }

const OwnProgram* OwnProgram::noted() {
  const auto& program = noted_program();
  return program != nullptr && program->pid_ == ::getpid() ? program.get() : nullptr;
}

void OwnProgram::execute() const {
  std::vector<char*> arguments;
  arguments.reserve(arguments_.size() + 1);
  for (const std::string& word : arguments_) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(path_.c_str(), arguments.data());
  throw std::system_error{errno, std::generic_category(), "cannot start " + path_ + " again"};
}

}  // namespace forkmill::worker
