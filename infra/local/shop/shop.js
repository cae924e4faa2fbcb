// The bag of the demo shop: a number that survives navigation.
const bag = document.querySelector('[data-bag]');
const count = () => Number(sessionStorage.getItem('bag') ?? 1);
const show = () => {
  bag.textContent = `Bag (${count()})`;
};
document.querySelector('.buy')?.addEventListener('click', () => {
  sessionStorage.setItem('bag', String(count() + 1));
  show();
});
show();
