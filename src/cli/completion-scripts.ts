export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** A script for a shell that asks `ptb __complete` for every proposal. It keeps working when commands change. */
export function renderCompletionScript(shell: Shell): string {
  return scripts[shell]
}

/** Readline splits words at = : @ as well, and replaces what stands behind the last of them, or from the @ on. */
const bash = String.raw`# ptb completion for bash: source <(ptb completion bash)
_ptb() {
  local line=${'$'}{COMP_LINE:0:COMP_POINT} current=${'$'}{COMP_WORDS[COMP_CWORD]} value brief
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  [[ $current == [=:] ]] && current=""
  local whole=${'$'}{words[${'$'}{#words[@]}-1]}
  # the word as far as the cursor: Readline hands over all of it
  [[ $whole == *"$current" ]] || current=$whole
  local kept=${'$'}{whole%"$current"}
  COMPREPLY=()
  while IFS=$'\t' read -r value brief; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current")
    else
      COMPREPLY+=("${'$'}{value#"$kept"}")
    fi
  done < <("${'$'}{COMP_WORDS[0]/#~/$HOME}" __complete "${'$'}{words[@]:1}" 2>/dev/null)
}
complete -F _ptb ptb
`

const zsh = String.raw`#compdef ptb
# ptb completion for zsh: source <(ptb completion zsh)
_ptb() {
  local line
  local -a proposals
  local -i files=0
  for line in "${'$'}{(@f)$("${'$'}{words[1]}" __complete "${'$'}{(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      files=1
    elif [[ -n $line ]]; then
      proposals+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}")
    fi
  done
  (( ${'$'}{#proposals} )) && _describe ptb proposals
  if (( files )); then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
  fi
}
compdef _ptb ptb
`

const fish = String.raw`# ptb completion for fish: ptb completion fish | source
function __ptb_complete
    set -l words (commandline -opc)
    for line in ($words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c ptb -f -a '(__ptb_complete)'
`

const scripts: Record<Shell, string> = { bash, zsh, fish }
