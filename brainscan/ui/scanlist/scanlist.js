// One line a scan. The list is small; it is rebuilt whenever Python sends another one.

function line(item, selected) {
  const row = document.createElement("li");
  row.className = `row ${item.kind}`;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", String(item.id === selected));
  row.tabIndex = item.id === selected ? 0 : -1;
  row.dataset.id = item.id;
  row.title = item.hint;

  const picture = document.createElement(item.thumbnail ? "img" : "span");
  picture.className = "thumbnail";
  if (item.thumbnail) Object.assign(picture, { src: item.thumbnail, alt: "" });

  const text = (name, value) => {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = value;
    return span;
  };
  row.append(picture, text("name", item.name), text("words", item.words), text("figure", item.figure));
  return row;
}

export default function render({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".list");
  const hadFocus = list.contains(list.getRootNode().activeElement);
  list.replaceChildren(...data.items.map((item) => line(item, data.selected)));
  const current = list.querySelector("[aria-selected=true]");
  current?.scrollIntoView({ block: "nearest" });
  if (hadFocus) current?.focus({ preventScroll: true });

  const choose = (row) => {
    if (row && row.dataset.id !== data.selected) setTriggerValue("select", row.dataset.id);
  };
  list.onclick = (event) => choose(event.target.closest(".row"));
  list.onkeydown = (event) => {
    const row = event.target.closest(".row");
    const towards = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling };
    if (event.key === "Enter" || event.key === " ") choose(row);
    else if (event.key in towards) choose(towards[event.key]);
    else return;
    event.preventDefault();
  };
}
