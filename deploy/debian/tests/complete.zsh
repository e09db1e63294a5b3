# Whether the completion of the line $1 by a zsh of its own, on a terminal, shows $2.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1= PROMPT_EOL_MARK=; autoload -U compinit; compinit -u -d /tmp/test/zcompdump; echo rea""dy'
zpty -r -m shell seen '*ready*' || exit 1
zpty -w -n shell "$1"$'\t'
zpty -r -m shell seen "*$2*"
