// Server-sent events from a fetch: yields the data of each event; comments (": ...") are yielded as {comment}.

export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      rest += value;
      let end;
      while ((end = rest.search(/\r?\n\r?\n/)) >= 0) {
        const block = rest.slice(0, end);
        rest = rest.slice(end).replace(/^\r?\n\r?\n/, "");
        yield* parts(block);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function* parts(block) {
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith(":")) yield { comment: line.slice(1).trim() };
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (data.length) yield { data: data.join("\n") };
}
