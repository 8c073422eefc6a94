/**
 * `appliance completion bash | zsh | fish`: the script by which a shell completes this command line. Each calls
 * `complete` (complete.ts) of the program that is being typed.
 */
import { printAnswer } from './change.ts';

/** `complete` knows which candidates fit; bash splits words at colons and equals signs. */
const BASH = `# bash completion of appliance: source <(appliance completion bash)
_appliance() {
  local word glue='' words=() i
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ \${#words[@]} -gt 0 && ( -n $glue || $word =~ ^[:=]+$ ) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    [[ $word =~ ^[:=]+$ ]] && glue=1 || glue=''
  done
  local current=\${words[-1]:-}
  mapfile -t COMPREPLY < <("\${COMP_WORDS[0]}" complete -- "\${words[@]}" 2>/dev/null)
  if [[ \${COMPREPLY[0]:-} == :files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
  COMPREPLY=("\${COMPREPLY[@]%%$'\\t'*}")
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]=\${COMPREPLY[i]#"\${current%"\${current##*:}"}"}; done
  fi
}
complete -F _appliance appliance
`;

const ZSH = `#compdef appliance
# zsh completion of appliance: source <(appliance completion zsh), after compinit
_appliance() {
  local line
  local -a lines entries
  lines=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == :files ]]; then
    _files
    return
  fi
  for line in "\${(@)lines}"; do
    [[ -n "$line" ]] || continue
    if [[ "$line" == *$'\\t'* ]]; then
      entries+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    else
      entries+=("\${line//:/\\\\:}")
    fi
  done
  _describe appliance entries
}
if [[ "\${funcstack[1]}" == _appliance ]]; then _appliance; else compdef _appliance appliance; fi
`;

const FISH = `# fish completion of appliance: appliance completion fish | source
function __appliance_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] complete -- $words[2..] "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
    else
        printf '%s\\n' $lines
    end
end
complete -c appliance -f -a '(__appliance_complete)'
`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export async function completion(shell: string): Promise<number> {
  return printAnswer(SCRIPTS[shell] ?? '');
}
