

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('users', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PhoneModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('family', models.CharField(choices=[('cisco', 'Cisco'), ('grandstream', 'Grandstream'), ('poly', 'Poly'), ('snom', 'Snom'), ('yealink', 'Yealink')], max_length=20, verbose_name='make')),
                ('name', models.CharField(max_length=60, verbose_name='model')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='phones_phonemodel_name'), models.CheckConstraint(condition=models.Q(('family__in', ['cisco', 'grandstream', 'poly', 'snom', 'yealink'])), name='phones_phonemodel_family')],
            },
        ),
        migrations.CreateModel(
            name='PhoneCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('user', 'User phone'), ('common', 'Common-area phone')], max_length=6)),
                ('phones', models.IntegerField()),
                ('assigned', models.IntegerField()),
                ('missing_address', models.IntegerField()),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='users.account')),
                ('model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='phones.phonemodel')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('account', 'kind', 'model'), name='phones_phonecount_once')],
            },
        ),
        migrations.CreateModel(
            name='Phone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('user', 'User phone'), ('common', 'Common-area phone')], default='user', max_length=6)),
                ('mac', models.CharField(max_length=12, verbose_name='MAC address')),
                ('label', models.CharField(blank=True, max_length=60, verbose_name='label')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('fetched_at', models.DateTimeField(blank=True, null=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('is_assigned', models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.BooleanField(), template='CASE WHEN assigned_to_id IS NOT NULL THEN true END'), output_field=models.BooleanField(null=True))),
                ('label_key', models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.TextField(), template='label_key(label)'), output_field=models.TextField())),
                ('search', models.TextField(default='', editable=False)),
                ('model_name', models.CharField(default='', editable=False, max_length=60)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='phones', to='users.account')),
                ('assigned_to', models.OneToOneField(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='phone', to=settings.AUTH_USER_MODEL)),
                ('model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='phones.phonemodel')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('kind', 'user'), ('retired_at', None)), fields=['account', 'mac'], name='phones_phone_by_mac'), models.Index(condition=models.Q(('kind', 'user'), ('retired_at', None), models.Q(('label_key', ''), _negated=True)), fields=['account', 'label_key', 'id'], name='phones_phone_by_label'), models.Index(condition=models.Q(('kind', 'user'), ('label_key', ''), ('retired_at', None)), fields=['account', 'mac'], name='phones_phone_unlabelled'), models.Index(condition=models.Q(('kind', 'user'), ('retired_at', None)), fields=['account', 'model_name', 'id'], name='phones_phone_by_model'), models.Index(condition=models.Q(('assigned_to', None), ('kind', 'user'), ('retired_at', None)), fields=['account', 'mac'], name='phones_phone_free')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('mac',), name='phones_phone_mac'), models.UniqueConstraint(condition=models.Q(('retired_at', None), models.Q(('label_key', ''), _negated=True)), fields=('account', 'label_key'), name='phones_phone_label'), models.CheckConstraint(condition=models.Q(('kind__in', ['user', 'common'])), name='phones_phone_kind'), models.CheckConstraint(condition=models.Q(('mac__regex', '^[0-9a-f][02468ace][0-9a-f]{10}$'), models.Q(('mac', '000000000000'), _negated=True)), name='phones_phone_mac_form'), models.CheckConstraint(condition=models.Q(('kind', 'user'), ('assigned_to', None), _connector='OR'), name='phones_phone_common_area_is_nobodys'), models.CheckConstraint(condition=models.Q(('retired_at', None), ('assigned_to', None), _connector='OR'), name='phones_phone_retired_is_nobodys')],
            },
        ),
    ]
