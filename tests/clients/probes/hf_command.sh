# The command `hf`: a folder goes there and comes back.
set -euo pipefail
folder=$1 name=$2
hf auth whoami | grep -q operator
hf upload "$name" "$folder" . --private
hf download "$name" --local-dir "$folder-back"
cmp "$folder/sub/large.bin" "$folder-back/sub/large.bin"
cmp "$folder/small.txt" "$folder-back/small.txt"
hf download "$name" small.txt > /dev/null
